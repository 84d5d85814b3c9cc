/*
 * oma-dm: an OMA Device Management client for firmware.
 *
 * Licence: Apache-2.0. Made from the sources of crates/dm-ffi by cbindgen; do not edit.
 *
 * The contract, for every call:
 *
 *  - The first argument is the object, inputs come before outputs, and every buffer is followed by its size.
 *  - Text is a pointer and a length in octets, UTF-8, and never assumed to be terminated.
 *  - A pointer may be NULL when its size is 0 or its comment says so; elsewhere NULL is answered OMADM_ERR_NULL.
 *  - Outputs are written only with OMADM_OK.
 *  - A result code never changes its meaning, and no call ends the program.
 *  - The object and all memory are the caller's. Nothing is allocated. What the configuration lends stays lent until
 *    omadm_close(); arguments are needed only during the call and must not lie inside lent memory.
 *  - Callbacks get their `user` first, run on the thread of the call, and must not call into the same object, except
 *    omadm_put(), omadm_put_int() and omadm_detail(); other calls are answered OMADM_ERR_BUSY.
 *  - What a feature of the library adds stands behind OMADM_FEATURE_...; define it when the library has the feature. The
 *    layout of structs depends on no feature, and omadm_features() tells what the library really has.
 *  - One thread at a time for one object; the caller sees to that. No call is for interrupts unless its comment says so.
 *
 * Driving rule: each call that gives a step gives exactly one; do what it says, then make the one call it names.
 *
 *     r = omadm_start(&client, NULL, &step);
 *     while (r == OMADM_OK && step.kind != OMADM_STEP_DONE) {
 *         switch (step.kind) {
 *         case OMADM_STEP_SEND: {
 *             omadm_received_t got = { 0 };
 *             r = post(&step, &got) == 0 ? omadm_receive(&client, &got, &step)
 *                                        : omadm_failed(&client, OMADM_FAIL_LINK, 0, &step);
 *             break; }
 *         case OMADM_STEP_WAIT: idle_until(step.until); r = omadm_resume(&client, &step); break;
 *         case OMADM_STEP_ASK:  r = omadm_answer(&client, ask(&step), NULL, 0, &step); break;
 *         }
 *     }
 */


#ifndef OMADM_H
#define OMADM_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX == 0xFFFFFFFFu
#define OMADM_POINTER_32
#else
#define OMADM_POINTER_64
#endif

/**
 * A string literal as the two arguments that text takes: pointer and length.
 */
#define OMADM_TEXT(literal) (literal), (sizeof(literal) - 1)


#if (defined(OMADM_FEATURE_BOOTSTRAP) && defined(OMADM_POINTER_32))
/**
 * Octets of `omadm_bootstrap_t`.
 */
#define OMADM_BOOTSTRAP_SIZE 64
#endif

#if (defined(OMADM_FEATURE_BOOTSTRAP) && defined(OMADM_POINTER_64))
/**
 * Octets of `omadm_bootstrap_t`.
 */
#define OMADM_BOOTSTRAP_SIZE 112
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Most accounts of one document.
 */
#define OMADM_BOOTSTRAP_ACCOUNTS 8
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Octets of the longest server identifier.
 */
#define OMADM_SERVER_ID_MAX 64
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Octets of the longest IMSI as network and device share it.
 */
#define OMADM_IMSI_SIZE 8
#endif

#if (defined(OMADM_FEATURE_PUSH) && defined(OMADM_POINTER_32))
/**
 * Octets of `omadm_inbox_t`.
 */
#define OMADM_INBOX_SIZE 240
#endif

#if (defined(OMADM_FEATURE_PUSH) && defined(OMADM_POINTER_64))
/**
 * Octets of `omadm_inbox_t`.
 */
#define OMADM_INBOX_SIZE 256
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Messages that are put together at the same time.
 */
#define OMADM_INBOX_SETS 4
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Parts of the longest message.
 */
#define OMADM_INBOX_PARTS 10
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Octets of the longest part.
 */
#define OMADM_INBOX_PART 128
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Options of one notification, at most.
 */
#define OMADM_OPTIONS_MAX 31
#endif

#if defined(OMADM_POINTER_32)
/**
 * Octets of `omadm_client_t`.
 */
#define OMADM_CLIENT_SIZE 2048
#endif

#if defined(OMADM_POINTER_64)
/**
 * Octets of `omadm_client_t`.
 */
#define OMADM_CLIENT_SIZE 2560
#endif

#if defined(OMADM_POINTER_32)
/**
 * Octets of `work` that one mount takes.
 */
#define OMADM_MOUNT_SIZE 16
#endif

#if defined(OMADM_POINTER_64)
/**
 * Octets of `work` that one mount takes.
 */
#define OMADM_MOUNT_SIZE 32
#endif

/**
 * Octets of `omadm_node_slot_t`.
 */
#define OMADM_NODE_SLOT_SIZE 24

#if defined(OMADM_POINTER_32)
/**
 * Octets of `omadm_refusal_slot_t`.
 */
#define OMADM_REFUSAL_SLOT_SIZE 96
#endif

#if defined(OMADM_POINTER_64)
/**
 * Octets of `omadm_refusal_slot_t`.
 */
#define OMADM_REFUSAL_SLOT_SIZE 112
#endif

/**
 * Most pieces that `store_write` is given.
 */
#define OMADM_STORE_PARTS_MAX 16

/**
 * No limit, for `max_depth`, `max_tot_len` and `max_seg_len`.
 */
#define OMADM_NO_LIMIT 65535

/**
 * What a call came to. The thousands say who is at fault; a code never changes its meaning.
 *
 * 1000: the calling program. 2000: a limit of this client. 3000: the server. 4000: the device (its tree, store or
 * port). 5000: the transport. The round number stands for everything in its range that has no code of its own yet.
 */
enum omadm_result_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done. Outputs are written with this code only.
     */
    OMADM_OK = 0,
    /**
     * The program broke the contract.
     */
    OMADM_ERR_MISUSE = 1000,
    /**
     * A pointer that is needed is NULL.
     */
    OMADM_ERR_NULL = 1001,
    /**
     * The object was not initialised, was closed, or was moved to another address.
     */
    OMADM_ERR_NOT_INITIALISED = 1002,
    /**
     * The call came from a callback of the same object.
     */
    OMADM_ERR_BUSY = 1003,
    /**
     * The call does not belong here; the last step names the one that does.
     */
    OMADM_ERR_WRONG_CALL = 1004,
    /**
     * `size` of the configuration is not that of this library: header and library are of different versions.
     */
    OMADM_ERR_CONFIG_SIZE = 1005,
    /**
     * Memory does not have the alignment of its type.
     */
    OMADM_ERR_ALIGNMENT = 1006,
    /**
     * Two pieces of lent memory overlap.
     */
    OMADM_ERR_OVERLAP = 1007,
    /**
     * Memory reaches beyond the address space.
     */
    OMADM_ERR_RANGE = 1008,
    /**
     * Text is not UTF-8.
     */
    OMADM_ERR_UTF8 = 1009,
    /**
     * A number is none of those that the argument takes.
     */
    OMADM_ERR_ARGUMENT = 1010,
    /**
     * The encoding is not part of this build.
     */
    OMADM_ERR_ENCODING = 1011,
    /**
     * The schema is broken, or none.
     */
    OMADM_ERR_SCHEMA = 1012,
    /**
     * A mount names no described node, or has no handler.
     */
    OMADM_ERR_MOUNT = 1013,
    /**
     * A function of the port that is needed is NULL.
     */
    OMADM_ERR_PORT = 1014,
    /**
     * `rx` is too small.
     */
    OMADM_ERR_RX_TOO_SMALL = 1015,
    /**
     * `tx` is too small for package 1; omadm_detail() gives the octets it needs.
     */
    OMADM_ERR_TX_TOO_SMALL = 1016,
    /**
     * `work` is too small for the mounts.
     */
    OMADM_ERR_WORK_TOO_SMALL = 1017,
    /**
     * More octets were received than there was space for.
     */
    OMADM_ERR_LENGTH = 1018,
    /**
     * The configuration asks for what is not part of this build.
     */
    OMADM_ERR_FEATURE = 1019,
    /**
     * The answer is of another kind than the question, or chooses what was not offered.
     */
    OMADM_ERR_ANSWER = 1020,
    /**
     * The event has no form in a message: a type that is none, text that is no text, or a text that is too long.
     */
    OMADM_ERR_EVENT = 1021,
    /**
     * No Exec waits for a result under this ticket.
     */
    OMADM_ERR_TICKET = 1022,
    /**
     * A limit of this client was reached.
     */
    OMADM_ERR_LIMIT = 2000,
    /**
     * No account matches the trigger, or it has no usable address.
     */
    OMADM_ERR_NO_ACCOUNT = 2001,
    /**
     * A text of the account or the server is longer than its place in the session.
     */
    OMADM_ERR_TEXT_TOO_LONG = 2002,
    /**
     * While answers were still to be sent, a message came that is larger than the space kept for it.
     */
    OMADM_ERR_NEXT_MESSAGE = 2003,
    /**
     * Too many messages in one session.
     */
    OMADM_ERR_MESSAGES = 2004,
    /**
     * A command nests deeper than the client follows.
     */
    OMADM_ERR_NESTING = 2005,
    /**
     * Too many octets in one session.
     */
    OMADM_ERR_OCTETS = 2006,
    /**
     * Too many commands in one message.
     */
    OMADM_ERR_COMMANDS = 2007,
    /**
     * As many events wait as can be held.
     */
    OMADM_ERR_EVENTS = 2008,
    /**
     * The event is larger than `work`, a record of the store or a message takes.
     */
    OMADM_ERR_EVENT_TOO_LARGE = 2009,
    /**
     * The server broke the protocol.
     */
    OMADM_ERR_SERVER = 3000,
    /**
     * The server ended the session with Alert 1223.
     */
    OMADM_ERR_ABORTED = 3001,
    /**
     * The server sent no message where one was due.
     */
    OMADM_ERR_NO_ANSWER = 3002,
    /**
     * The server's message has another SessionID.
     */
    OMADM_ERR_SESSION_ID = 3003,
    /**
     * The server's VerDTD or VerProto are not spoken here.
     */
    OMADM_ERR_VERSION = 3004,
    /**
     * The server refused our version and named none that we speak.
     */
    OMADM_ERR_NO_COMMON_VERSION = 3005,
    /**
     * The server refused our credentials.
     */
    OMADM_ERR_CREDENTIALS = 3006,
    /**
     * The server asked for a scheme that this client or the account cannot do.
     */
    OMADM_ERR_SCHEME = 3007,
    /**
     * The server could not prove who it is.
     */
    OMADM_ERR_NOT_AUTHENTICATED = 3008,
    /**
     * The server's message is broken behind a readable header.
     */
    OMADM_ERR_MALFORMED = 3009,
    /**
     * The server's message cannot be read; omadm_detail() gives the octet where reading ended, 65535 also for all behind it.
     */
    OMADM_ERR_UNREADABLE = 3010,
    /**
     * The server's media type is none of DM.
     */
    OMADM_ERR_CONTENT_TYPE = 3011,
    /**
     * The server refused the session; omadm_detail() gives its DM status code.
     */
    OMADM_ERR_REFUSED = 3012,
    /**
     * The server's RespURI leads from https to an address without it.
     */
    OMADM_ERR_INSECURE_RESP_URI = 3013,
    /**
     * The server repeats one message over and over.
     */
    OMADM_ERR_REPEATS = 3014,
    /**
     * The server's MaxMsgSize is too small for any answer.
     */
    OMADM_ERR_MAX_MSG_SIZE = 3015,
    /**
     * The server gave no nonce for the next sealed message.
     */
    OMADM_ERR_NO_NONCE = 3016,
    /**
     * A notification was refused.
     */
    OMADM_ERR_NOTICE = 3100,
    /**
     * The lengths of a notification contradict each other, or it has no usable SessionID.
     */
    OMADM_ERR_NOTICE_MALFORMED = 3101,
    /**
     * A notification of another version; omadm_detail() gives ten times its number.
     */
    OMADM_ERR_NOTICE_VERSION = 3102,
    /**
     * The hash of a notification is none that this build or the policy takes.
     */
    OMADM_ERR_NOTICE_UNSIGNED = 3103,
    /**
     * No account has the server identifier of a notification.
     */
    OMADM_ERR_NOTICE_SERVER = 3104,
    /**
     * The account has no secret to check a notification with.
     */
    OMADM_ERR_NOTICE_CREDENTIALS = 3105,
    /**
     * A notification was not made with the secret and nonce of the account.
     */
    OMADM_ERR_NOTICE_DIGEST = 3106,
    /**
     * A notification is right with the special nonce only, which is not to be used, or was used already.
     */
    OMADM_ERR_NOTICE_NONCE = 3107,
    /**
     * A notification was accepted before, or another one for the same session.
     */
    OMADM_ERR_NOTICE_REPLAYED = 3108,
    /**
     * There were too many notifications.
     */
    OMADM_ERR_NOTICE_TOO_MANY = 3109,
    /**
     * A notification says that it is not to be acted upon any more.
     */
    OMADM_ERR_NOTICE_EXPIRED = 3110,
    /**
     * What arrived is no push for this client.
     */
    OMADM_ERR_PUSH = 3200,
    /**
     * Lengths or codes of a push contradict each other.
     */
    OMADM_ERR_PUSH_MALFORMED = 3201,
    /**
     * It is for another port or application, or no push.
     */
    OMADM_ERR_PUSH_OTHER = 3202,
    /**
     * A push of another media type.
     */
    OMADM_ERR_PUSH_CONTENT_TYPE = 3203,
    /**
     * A part of a push was kept, and others are missing.
     */
    OMADM_ERR_PUSH_INCOMPLETE = 3204,
    /**
     * A push of more or longer parts than there is room for.
     */
    OMADM_ERR_PUSH_TOO_LARGE = 3205,
    /**
     * A bootstrap was refused.
     */
    OMADM_ERR_BOOT = 3300,
    /**
     * The policy takes no bootstrap from there, or not so many accounts.
     */
    OMADM_ERR_BOOT_POLICY = 3301,
    /**
     * Nothing proves the bootstrap.
     */
    OMADM_ERR_BOOT_NO_PROOF = 3302,
    /**
     * The MAC of the bootstrap is wrong; omadm_detail() gives the tries that are left.
     */
    OMADM_ERR_BOOT_WRONG_PROOF = 3303,
    /**
     * The user has not agreed to the bootstrap.
     */
    OMADM_ERR_BOOT_NO_CONSENT = 3304,
    /**
     * The secrets for a MAC are longer than any key.
     */
    OMADM_ERR_BOOT_SECRET = 3305,
    /**
     * The bootstrap has to be WBXML.
     */
    OMADM_ERR_BOOT_XML = 3306,
    /**
     * The bootstrap cannot be read; omadm_detail() gives the octet where reading ended, 65535 also for all behind it.
     */
    OMADM_ERR_BOOT_UNREADABLE = 3307,
    /**
     * The bootstrap is no document of its profile, or has no DM account.
     */
    OMADM_ERR_BOOT_NO_ACCOUNT = 3308,
    /**
     * An account of the bootstrap lacks its server identifier or a usable address.
     */
    OMADM_ERR_BOOT_INCOMPLETE = 3309,
    /**
     * The account of the server came from elsewhere, or the bootstrap has two.
     */
    OMADM_ERR_BOOT_TAKE_OVER = 3310,
    /**
     * The bootstrap is of a version that is not known.
     */
    OMADM_ERR_BOOT_VERSION = 3311,
    /**
     * The bootstrap has a command that none may have.
     */
    OMADM_ERR_BOOT_COMMAND = 3312,
    /**
     * The bootstrap reaches for more than accounts.
     */
    OMADM_ERR_BOOT_OUTSIDE = 3313,
    /**
     * The bootstrap was applied before.
     */
    OMADM_ERR_BOOT_REPLAYED = 3314,
    /**
     * The card does not answer, or not sensibly.
     */
    OMADM_ERR_BOOT_CARD = 3315,
    /**
     * The device does not accept the card.
     */
    OMADM_ERR_BOOT_CARD_REJECTED = 3316,
    /**
     * The data of the card is larger than the memory for it.
     */
    OMADM_ERR_BOOT_CARD_SIZE = 3317,
    /**
     * The device's own tree, store or port refused. With every code of this range omadm_detail() gives the DM status code
     * of the refusal.
     */
    OMADM_ERR_DEVICE = 4000,
    /**
     * The port gave no random octets.
     */
    OMADM_ERR_RANDOM = 4001,
    /**
     * The store failed.
     */
    OMADM_ERR_STORE = 4002,
    /**
     * No room for another node, name, ACL, record or change.
     */
    OMADM_ERR_FULL = 4003,
    /**
     * The value is longer than what can be held, or than the buffer for it.
     */
    OMADM_ERR_TOO_LARGE = 4004,
    /**
     * The URI is not well formed.
     */
    OMADM_ERR_URI = 4005,
    /**
     * The URI, or one segment of it, exceeds a published limit.
     */
    OMADM_ERR_URI_TOO_LONG = 4006,
    /**
     * The node, or the place it should be made in, does not exist.
     */
    OMADM_ERR_NO_SUCH_NODE = 4007,
    /**
     * The schema describes no such node.
     */
    OMADM_ERR_NOT_DESCRIBED = 4008,
    /**
     * The node exists.
     */
    OMADM_ERR_EXISTS = 4009,
    /**
     * The node is a leaf where an interior node is needed, or the other way round.
     */
    OMADM_ERR_NODE_KIND = 4010,
    /**
     * The value is outside the format of the node.
     */
    OMADM_ERR_VALUE = 4011,
    /**
     * The text is not an ACL.
     */
    OMADM_ERR_ACL = 4012,
    /**
     * The node is being read in pieces, or its handler is not ready: try again.
     */
    OMADM_ERR_NOT_READY = 4013,
    /**
     * The handler of the node refused.
     */
    OMADM_ERR_HANDLER = 4014,
    /**
     * The transport failed.
     */
    OMADM_ERR_TRANSPORT = 5000,
    /**
     * No connection, or it broke.
     */
    OMADM_ERR_LINK = 5001,
    /**
     * No answer in time.
     */
    OMADM_ERR_TIMEOUT = 5002,
    /**
     * The name or certificate of the peer could not be verified.
     */
    OMADM_ERR_TLS = 5003,
    /**
     * An HTTP status that is not a success; omadm_detail() gives it.
     */
    OMADM_ERR_HTTP = 5004,
    /**
     * The answer does not follow the transport's rules.
     */
    OMADM_ERR_PROTOCOL = 5005,
    /**
     * The answer is larger than the space for it.
     */
    OMADM_ERR_ANSWER_TOO_LARGE = 5006,
    /**
     * The host gave up.
     */
    OMADM_ERR_CANCELLED = 5007,
    /**
     * The user did not want the session that a notification asked for. Nothing was sent.
     */
    OMADM_ERR_DECLINED = 5008,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum omadm_result_t omadm_result_t;
#else
typedef uint32_t omadm_result_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the caller has to do.
 */
enum omadm_step_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The session is over; see `report`. The next call is omadm_start().
     */
    OMADM_STEP_DONE = 0,
    /**
     * Send `body` to `uri`, read the answer into `space`, then call omadm_receive(), or omadm_failed() when it cannot
     * be done.
     */
    OMADM_STEP_SEND = 1,
    /**
     * Nothing can be done before `until`, or a sign from a handler; then call omadm_resume().
     */
    OMADM_STEP_WAIT = 2,
    /**
     * Ask the user `question`, then call omadm_answer() or omadm_answer_chosen(). Given only when the configuration
     * `has_user`.
     */
    OMADM_STEP_ASK = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum omadm_step_kind_t omadm_step_kind_t;
#else
typedef uint32_t omadm_step_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Takes the value that a handler gives; see omadm_put(). Opaque.
 */
typedef struct omadm_sink_t omadm_sink_t;

/**
 * A client with its tree: the object of every call. Opaque, owned by the caller.
 *
 * It must be zeroed before its first omadm_init() (a static is; `= { 0 }` does it) and must stay where it is until
 * omadm_close(). Accounts and secrets are not kept in it but in the store.
 */
typedef union omadm_client_t {
    /**
     * Not for the caller.
     */
    uint8_t opaque[OMADM_CLIENT_SIZE];
    /**
     * Gives the alignment.
     */
    uint64_t align;
} omadm_client_t;

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * What a document is. One of OMADM_PROFILE_...
 */
typedef uint8_t omadm_profile_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Where a document came from. One of OMADM_ORIGIN_...
 */
typedef uint8_t omadm_origin_t;
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * What a MAC was made with. One of OMADM_SEC_...
 */
typedef uint8_t omadm_sec_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * A document and where it came from. Zeroed but for `data`: a push that nothing proves.
 */
typedef struct omadm_document_t {
    /**
     * The octets.
     */
    const uint8_t *data;
    /**
     * Number of octets.
     */
    size_t size;
    /**
     * OMADM_ORIGIN_PUSH: the MAC of the push, as in `omadm_push_t`.
     */
    const char *mac;
    /**
     * Octets of it.
     */
    size_t mac_len;
    /**
     * OMADM_ORIGIN_SECURED: the name that was verified.
     */
    const char *peer;
    /**
     * Octets of it.
     */
    size_t peer_len;
    /**
     * OMADM_PROFILE_...
     */
    omadm_profile_t profile;
    /**
     * OMADM_ORIGIN_...
     */
    omadm_origin_t origin;
    /**
     * OMADM_ORIGIN_PUSH: OMADM_SEC_..., as in `omadm_push_t`.
     */
    omadm_sec_t sec;
} omadm_document_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * From where accounts are taken. Zeroed: from factory, card and proved servers, four accounts at most.
 */
typedef struct omadm_bootstrap_policy_t {
    /**
     * Not 0: also from pushes whose MAC is right.
     */
    uint8_t push;
    /**
     * Not 0: also when that MAC was made with what network and device share alone, which others often know too.
     */
    uint8_t network_id_alone;
    /**
     * Not 0: pushed documents are applied without asking the user.
     */
    uint8_t never_ask;
    /**
     * Not 0: not from the card.
     */
    uint8_t no_smart_card;
    /**
     * Not 0: not from servers.
     */
    uint8_t no_secured;
    /**
     * Accounts that a document may make or change. 0: 4.
     */
    uint8_t accounts;
} omadm_bootstrap_policy_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * A document on its way into the tree. Opaque; must be zeroed before it is opened, and stay where it is from then on.
 */
typedef union omadm_bootstrap_t {
    /**
     * Not for the caller.
     */
    uint8_t opaque[OMADM_BOOTSTRAP_SIZE];
    /**
     * Gives the alignment.
     */
    uint64_t align;
} omadm_bootstrap_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * What has to be done before a document is applied: a sum of OMADM_NEEDS_...
 */
typedef uint32_t omadm_needs_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * One account that a document would make or change. The texts are good during the callback, and are whatever the document
 * says.
 */
typedef struct omadm_change_t {
    /**
     * Server identifier.
     */
    const uint8_t *server_id;
    /**
     * Octets of it.
     */
    size_t server_id_len;
    /**
     * Name to show; empty when the document has none.
     */
    const uint8_t *name;
    /**
     * Octets of it.
     */
    size_t name_len;
    /**
     * The first address.
     */
    const uint8_t *addr;
    /**
     * Octets of it.
     */
    size_t addr_len;
    /**
     * 1: the account is new; 0: addresses and credentials of the present one are replaced.
     */
    uint8_t is_new;
} omadm_change_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Takes an account that a document would make or change.
 */
typedef void (*omadm_show_t)(void *user, const struct omadm_change_t *change);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * The server of an account.
 */
typedef struct omadm_server_t {
    /**
     * Server identifier.
     */
    uint8_t id[OMADM_SERVER_ID_MAX];
    /**
     * Octets of it.
     */
    uint8_t id_len;
} omadm_server_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * What became of a document.
 */
typedef struct omadm_applied_t {
    /**
     * The servers of its accounts: a session with each should follow.
     */
    struct omadm_server_t servers[OMADM_BOOTSTRAP_ACCOUNTS];
    /**
     * Number of them.
     */
    uint8_t server_count;
    /**
     * 1: the document wants the sessions at once.
     */
    uint8_t connect_now;
    /**
     * 1: it was applied before, and nothing was changed.
     */
    uint8_t is_repeat;
} omadm_applied_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * What reading a card came to. One of OMADM_CARD_...
 */
typedef uint32_t omadm_card_result_t;
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Reads a card: copies its bootstrap data to the front of `buf`, and writes what it is (OMADM_PROFILE_..., which is
 * OMADM_PROFILE_PROVISIONING before the call) and its length. Gives OMADM_CARD_...
 *
 * How data lies on the card, and where a PIN for it comes from, is the firmware's matter.
 */
typedef omadm_card_result_t (*omadm_card_read_t)(void *user,
                                                 uint8_t *buf,
                                                 size_t size,
                                                 omadm_profile_t *profile,
                                                 size_t *len);
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Which alert an event is sent as. One of OMADM_EVENT_...
 */
typedef uint8_t omadm_event_kind_t;
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * How important an event is. One of OMADM_MARK_...
 */
typedef uint8_t omadm_mark_t;
#endif

/**
 * Format of a value. One of OMADM_FORMAT_...
 */
typedef uint8_t omadm_format_t;

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Something that a server is to be told. Zero what is not used; texts may be NULL then.
 */
typedef struct omadm_event_t {
    /**
     * OMADM_EVENT_...
     */
    omadm_event_kind_t kind;
    /**
     * OMADM_MARK_...
     */
    omadm_mark_t mark;
    /**
     * OMADM_FORMAT_... of the data; not that of an interior node, nor OMADM_FORMAT_NONE.
     */
    omadm_format_t format;
    /**
     * Name of the type, as `kind` says; needed.
     */
    const char *type_name;
    /**
     * Octets of it.
     */
    size_t type_name_len;
    /**
     * ServerID of the only server it is for; empty: whichever has a session first.
     */
    const char *server_id;
    /**
     * Octets of it.
     */
    size_t server_id_len;
    /**
     * Correlator of the Exec that it answers; omadm_finish() fills it in by itself.
     */
    const char *correlator;
    /**
     * Octets of it.
     */
    size_t correlator_len;
    /**
     * Address of the node that it is about, where its type asks for one.
     */
    const char *source;
    /**
     * Octets of it.
     */
    size_t source_len;
    /**
     * Target of its Item; normally empty.
     */
    const char *target;
    /**
     * Octets of it.
     */
    size_t target_len;
    /**
     * The data; may be empty, but is always sent.
     */
    const void *data;
    /**
     * Octets of it.
     */
    size_t data_size;
} omadm_event_t;
#endif

/**
 * Abilities of the library: a sum of OMADM_HAS_...
 */
typedef uint32_t omadm_features_t;

#if defined(OMADM_FEATURE_PUSH)
/**
 * Takes short messages and puts those of several parts together. Opaque; must stay where it is once it is made.
 */
typedef union omadm_inbox_t {
    /**
     * Not for the caller.
     */
    uint8_t opaque[OMADM_INBOX_SIZE];
    /**
     * Gives the alignment.
     */
    uint64_t align;
} omadm_inbox_t;
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * What a push holds. One of OMADM_PUSH_...
 */
typedef uint8_t omadm_push_kind_t;
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A push without its wrapping. Its pointers lead into what it was read from, and nothing of it is proved.
 */
typedef struct omadm_push_t {
    /**
     * The notification or document.
     */
    const uint8_t *body;
    /**
     * Octets of it.
     */
    size_t body_size;
    /**
     * The MAC as it was written, 40 hexadecimal digits; empty: there is none.
     */
    const char *mac;
    /**
     * Octets of it.
     */
    size_t mac_len;
    /**
     * OMADM_PUSH_...
     */
    omadm_push_kind_t kind;
    /**
     * OMADM_SEC_...
     */
    omadm_sec_t sec;
} omadm_push_t;
#endif

/**
 * The description of one node, as the DDF compiler prints it. 22 octets of integers; offsets and lengths count octets
 * of the schema's text.
 */
typedef struct omadm_node_desc_t {
    /**
     * Where the name starts.
     */
    uint16_t name;
    /**
     * Length of the name; 0: the name is chosen when the node is created.
     */
    uint8_t name_len;
    /**
     * Format, as OMADM_FORMAT_... says.
     */
    uint8_t format;
    /**
     * Index of the parent's description; 0 for the root itself.
     */
    uint16_t parent;
    /**
     * Index of the first child's description.
     */
    uint16_t first_child;
    /**
     * Number of children, which stand one after the other.
     */
    uint16_t children;
    /**
     * AccessType: Add 1, Copy 2, Delete 4, Exec 8, Get 16, Replace 32.
     */
    uint8_t access;
    /**
     * Permanent 1, case-insensitive 2, has Size 4, Title 8, TStamp 16, VerNo 32, required 64, has a default value 128.
     */
    uint8_t flags;
    /**
     * How many nodes may exist below one parent; 0: no bound.
     */
    uint16_t max;
    /**
     * Where the MIME types (leaf) or the management object identifier (interior node) start.
     */
    uint16_t mime;
    /**
     * Length of it.
     */
    uint8_t mime_len;
    /**
     * Zero.
     */
    uint8_t reserved;
    /**
     * Where the default value starts.
     */
    uint16_t default_value;
    /**
     * Length of the default value.
     */
    uint16_t default_len;
} omadm_node_desc_t;

/**
 * All descriptions of a device, and their text. Made from DDF files by the DDF compiler, normally `const`.
 */
typedef struct omadm_schema_t {
    /**
     * The descriptions; the first one is the root.
     */
    const struct omadm_node_desc_t *nodes;
    /**
     * Number of descriptions.
     */
    size_t node_count;
    /**
     * Names, MIME types, identifiers and default values.
     */
    const uint8_t *text;
    /**
     * Octets of it.
     */
    size_t text_size;
} omadm_schema_t;

/**
 * What a store callback came to. One of OMADM_STORE_...
 */
typedef uint32_t omadm_store_result_t;

/**
 * A piece of memory that is read.
 */
typedef struct omadm_bytes_t {
    /**
     * The octets.
     */
    const uint8_t *data;
    /**
     * Number of octets.
     */
    size_t size;
} omadm_bytes_t;

/**
 * What the client needs from the firmware: time, random octets, and a place for values.
 *
 * Every function gets `user` of the configuration first and runs on the thread that called the client. Calls back into
 * the same client are answered OMADM_ERR_BUSY, except omadm_put(), omadm_put_int() and omadm_detail().
 *
 * The three store functions are given together or not at all; without them values are kept in `store` of the
 * configuration and lost on restart. A store keeps one promise: when power fails during `store_write` or `store_erase`,
 * the record is afterwards what it was before or what the call made of it, and no other record has changed. What they
 * report done survives power failure; what they report failed has changed nothing.
 */
typedef struct omadm_port_t {
    /**
     * Fills `size` octets at `buf` from a real random source: they become nonces. Returns 0 when done.
     */
    int (*random)(void *user, uint8_t *buf, size_t size);
    /**
     * Returns milliseconds of a clock that never runs backwards (since boot, say).
     */
    uint64_t (*now)(void *user);
    /**
     * Returns seconds since 1970-01-01T00:00:00Z, 0 when the device does not know. NULL: never known.
     */
    uint64_t (*utc)(void *user);
    /**
     * Copies the record `key` to `buf` and its length to `*len`. When it is longer than `size`: nothing but its length,
     * and OMADM_STORE_TOO_LARGE.
     */
    omadm_store_result_t (*store_read)(void *user, uint32_t key, uint8_t *buf, size_t size, size_t *len);
    /**
     * Makes the `count` pieces at `parts`, one after the other, the record `key`. At most OMADM_STORE_PARTS_MAX pieces,
     * none of them empty.
     */
    omadm_store_result_t (*store_write)(void *user, uint32_t key, const struct omadm_bytes_t *parts, size_t count);
    /**
     * Removes the record `key`. Done, too, when there is none.
     */
    omadm_store_result_t (*store_erase)(void *user, uint32_t key);
} omadm_port_t;

/**
 * What a handler came to: one of the three below, or the DM status code (400 to 599) of a refusal. Every other number
 * refuses with 500.
 */
typedef uint32_t omadm_outcome_t;

/**
 * The node that a handler is asked about. Its texts end with the callback.
 */
typedef struct omadm_at_t {
    /**
     * Number of its description, as the macros of the generated schema header.
     */
    uint16_t id;
    /**
     * Its path below the mounted node, without a leading `/`; empty for the mounted node itself.
     */
    const char *path;
    /**
     * Octets of it.
     */
    size_t path_len;
    /**
     * Its name.
     */
    const char *name;
    /**
     * Octets of it.
     */
    size_t name_len;
} omadm_at_t;

/**
 * A value on its way into the tree. Its octets end with the callback.
 */
typedef struct omadm_value_t {
    /**
     * OMADM_FORMAT_... as the command says, or OMADM_FORMAT_NONE.
     */
    omadm_format_t format;
    /**
     * MIME type as the command says; empty when it does not.
     */
    const char *mime;
    /**
     * Octets of it.
     */
    size_t mime_len;
    /**
     * The octets, decoded from the transport form; NULL when the command has none.
     */
    const uint8_t *data;
    /**
     * Number of octets.
     */
    size_t size;
} omadm_value_t;

/**
 * What stands behind a mounted node and everything below it. Normally `const`; a NULL function refuses, with 405 unless
 * its comment says more.
 *
 * Path, schema, AccessType, ACL, format and type are checked before any of these is called. The rules for callbacks of
 * `omadm_port_t` hold here too; `user` is that of the mount.
 */
typedef struct omadm_handler_t {
    /**
     * Gives the whole value of a leaf with omadm_put(). May be called several times for one reading, to measure and to
     * continue; the value should be the same each time.
     */
    omadm_outcome_t (*get)(void *user, const struct omadm_at_t *at, struct omadm_sink_t *out);
    /**
     * Takes a new value of a leaf.
     */
    omadm_outcome_t (*replace)(void *user, const struct omadm_at_t *at, const struct omadm_value_t *value);
    /**
     * A node is about to be created, with its missing ancestors below the mounted node.
     */
    omadm_outcome_t (*add)(void *user, const struct omadm_at_t *at, const struct omadm_value_t *value);
    /**
     * Delete: a node is about to be removed with everything below it. (The whole word is reserved in C++.)
     */
    omadm_outcome_t (*del)(void *user, const struct omadm_at_t *at);
    /**
     * Executes the node. OMADM_STARTED promises that omadm_finish() is called with `ticket` later, from outside of
     * callbacks; in builds without the feature `events` the server is told 202 and no result follows.
     */
    omadm_outcome_t (*exec)(void *user,
                            const struct omadm_at_t *at,
                            const struct omadm_value_t *argument,
                            uint32_t ticket);
    /**
     * A node is about to get the name `name`; `at` has the old one.
     */
    omadm_outcome_t (*rename)(void *user, const struct omadm_at_t *at, const char *name, size_t name_len);
    /**
     * Takes `size` octets at `offset` of a value of `total` octets that comes in pieces, in order and from 0 on. The
     * value counts from the piece that completes it. NULL: values in pieces are collected in `objects` of the
     * configuration and handed over whole. Called with the feature `large-object` only.
     */
    omadm_outcome_t (*write)(void *user,
                             const struct omadm_at_t *at,
                             uint32_t offset,
                             uint32_t total,
                             const uint8_t *data,
                             size_t size);
    /**
     * Makes what was done in transaction `txn` durable but invisible. The first call comes before the first change and
     * asks whether the handler takes part; from then on it keeps changes apart, while `get` shows them, until `commit` or
     * `roll_back`. The second call comes before `commit`. NULL: nothing behind the handler changes inside an Atomic.
     * This function and the two below are called with the feature `atomic` only.
     */
    omadm_outcome_t (*prepare)(void *user, uint32_t txn);
    /**
     * Makes what was prepared visible. omadm_init() calls it with the number of the last transaction, whether or not the
     * handler took part: what was not prepared under this number is not meant.
     */
    void (*commit)(void *user, uint32_t txn);
    /**
     * Forgets what was done or prepared. omadm_init() calls it with the number of the next transaction, which a restart
     * may have broken off. OMADM_DONE: nothing is left of it; a DM status code from 400 to 599: something could not be taken
     * back, and what the Atomic executed is answered 516 instead of 216.
     */
    omadm_outcome_t (*roll_back)(void *user, uint32_t txn);
} omadm_handler_t;

/**
 * Puts a handler behind every live node of one description and everything below it. Of two mounts on one path the
 * lower one counts.
 */
typedef struct omadm_mount_t {
    /**
     * Number of the description, as the macros of the generated schema header.
     */
    uint16_t at;
    /**
     * The handler; kept, not copied.
     */
    const struct omadm_handler_t *handler;
    /**
     * First argument of its functions.
     */
    void *user;
} omadm_mount_t;

/**
 * Encoding of messages. One of the two below.
 */
typedef uint32_t omadm_encoding_t;

/**
 * Memory of one live node. Opaque; need not be initialised.
 */
typedef union omadm_node_slot_t {
    /**
     * Not for the caller.
     */
    uint8_t opaque[OMADM_NODE_SLOT_SIZE];
    /**
     * Gives the alignment.
     */
    uint32_t align;
} omadm_node_slot_t;

/**
 * Memory of one refusal. Opaque; need not be initialised.
 */
typedef union omadm_refusal_slot_t {
    /**
     * Not for the caller.
     */
    uint8_t opaque[OMADM_REFUSAL_SLOT_SIZE];
    /**
     * Gives the alignment.
     */
    uint64_t align;
} omadm_refusal_slot_t;

/**
 * The weakest scheme that either side may prove itself with. One of OMADM_STRENGTH_...
 */
typedef uint8_t omadm_strength_t;

/**
 * How long a server is believed that has proved itself with credentials. One of OMADM_PROOF_...
 */
typedef uint8_t omadm_proof_t;

/**
 * What is taken for a proof. Zeroed: every MUST of the 1.2 security specification, and nothing that keeps a 1.2 server
 * out.
 */
typedef struct omadm_policy_t {
    /**
     * OMADM_STRENGTH_...: schemes below are neither used nor taken.
     */
    omadm_strength_t weakest;
    /**
     * Not 0: passwords are shown over secured transports only. 0: as the account says.
     */
    uint8_t passwords_secured;
    /**
     * OMADM_PROOF_...: how often the server has to prove itself.
     */
    omadm_proof_t server_proof;
    /**
     * Not 0: both sides may meet on the special nonce when a notification asks for it.
     */
    uint8_t resync;
} omadm_policy_t;

/**
 * How much a session may take. A 0 stands for the default.
 */
typedef struct omadm_budget_t {
    /**
     * Octets received in one session. 0: no bound.
     */
    uint32_t octets;
    /**
     * Milliseconds before the first retry; each further one waits twice as long. 0: 2000.
     */
    uint32_t retry_wait;
    /**
     * Messages of the server in one session. 0: 2000.
     */
    uint16_t messages;
    /**
     * Commands and Statuses in one message. 0: 1024.
     */
    uint16_t commands;
    /**
     * How often a message is handed out again when the transport failed before an answer came.
     */
    uint8_t retries;
} omadm_budget_t;

/**
 * What notifications have to keep to, beyond being right. A 0 stands for the default.
 */
typedef struct omadm_notice_rules_t {
    /**
     * Seconds after which there may be one more session than `burst`. 0: 600.
     */
    uint32_t interval;
    /**
     * Sessions that the notifications of one server may bring about in a row. 0: 8.
     */
    uint8_t burst;
    /**
     * Not 0: takes notifications whose version says 1.0 or 1.2, as some servers write it, besides 1.1.
     */
    uint8_t lenient_version;
    /**
     * Feature `profile13`, not 0: checks a 1.3 notification with the credentials of the server's sessions when the account
     * has none for notifications.
     */
    uint8_t session_credentials;
} omadm_notice_rules_t;

/**
 * Everything an object is made of. Zero what is not used (`= { 0 }` or designated initialisers).
 *
 * Its layout does not depend on the features of the build; what asks for a missing one is answered OMADM_ERR_FEATURE.
 *
 * The struct itself is copied. What its pointers lead to is lent until omadm_close(): `schema` and `mounts` are only
 * read, and must not change; the memory below them is the client's alone. Its pieces must not overlap.
 */
typedef struct omadm_config_t {
    /**
     * `sizeof(omadm_config_t)`, so that a header of another version is found out.
     */
    size_t size;
    /**
     * What the device looks like.
     */
    const struct omadm_schema_t *schema;
    /**
     * The firmware's functions; copied.
     */
    const struct omadm_port_t *port;
    /**
     * First argument of the port's functions.
     */
    void *user;
    /**
     * Handlers; may be NULL when there are none.
     */
    const struct omadm_mount_t *mounts;
    /**
     * Number of them.
     */
    size_t mount_count;
    /**
     * Encoding that sessions begin in. That of the server's answers is taken over.
     */
    omadm_encoding_t encoding;
    /**
     * Most segments of a URI. 0: 16.
     */
    uint16_t max_depth;
    /**
     * Most characters of a URI. 0: 127.
     */
    uint16_t max_tot_len;
    /**
     * Most characters of one segment. 0: 32.
     */
    uint16_t max_seg_len;
    /**
     * One message of the server, and behind it the next one: the MaxMsgSize that the client announces, and 512 octets
     * more for WBXML, 1536 for XML. At least 1024 and these.
     */
    uint8_t *rx;
    /**
     * Octets of it.
     */
    size_t rx_size;
    /**
     * One message of the client.
     */
    uint8_t *tx;
    /**
     * Octets of it.
     */
    size_t tx_size;
    /**
     * OMADM_MOUNT_SIZE octets for each mount (and 7 for alignment); the rest holds addresses and values that came in
     * several pieces or escaped, so it should be as long as the longest of them. May be NULL with WBXML servers that
     * send plain strings, when there are no mounts.
     */
    uint8_t *work;
    /**
     * Octets of it.
     */
    size_t work_size;
    /**
     * One slot for each node that may exist, permanent ones and the root included.
     */
    union omadm_node_slot_t *nodes;
    /**
     * Number of slots; at most 65534 are used.
     */
    size_t node_count;
    /**
     * Names that the schema does not give, ACLs, titles and types: their octets, and 6 more for each.
     */
    uint8_t *pool;
    /**
     * Octets of it; at most 65535 are used.
     */
    size_t pool_size;
    /**
     * Scratch for one stored record, that is the longest value of a leaf, and with a store of the port also the name, type,
     * ACL and title of its node; and for the path of a node below its mount.
     */
    uint8_t *value;
    /**
     * Octets of it.
     */
    size_t value_size;
    /**
     * Memory of the built-in store; NULL when the port has one.
     */
    uint8_t *store;
    /**
     * Octets of it; at most 65536 are used.
     */
    size_t store_size;
    /**
     * Feature `large-object`: address and MIME type of a value that comes in several messages, and behind them the value
     * itself, unless a handler takes it piece by piece. May be NULL when there are none.
     */
    uint8_t *objects;
    /**
     * Octets of it.
     */
    size_t objects_size;
    /**
     * Feature `large-object`: octets of the largest object, as the server is told. 0: none is taken in pieces.
     */
    uint32_t max_obj_size;
    /**
     * Feature `ui`: not 0 when there is somebody to ask, so that questions become OMADM_STEP_ASK. Their texts stand in
     * `work` meanwhile. 0: the server is told that there is no user.
     */
    uint32_t has_user;
    /**
     * Feature `reasons`: memory for the refusals of a session; see omadm_refusal(). May be NULL.
     */
    union omadm_refusal_slot_t *refusals;
    /**
     * Number of slots.
     */
    size_t refusal_count;
    /**
     * What is taken for a proof.
     */
    struct omadm_policy_t policy;
    /**
     * How much a session may take.
     */
    struct omadm_budget_t budget;
    /**
     * Feature `notification`: what notifications have to keep to, beyond being right.
     */
    struct omadm_notice_rules_t notices;
} omadm_config_t;

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * What the server wants the user to know of the session. One of OMADM_UI_MODE_...
 */
typedef uint8_t omadm_ui_mode_t;
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * What a notification asks for. Its pointers lead into the octets of the notification, or to constants.
 */
typedef struct omadm_notice_t {
    /**
     * ServerID of the account to contact.
     */
    const char *server_id;
    /**
     * Octets of it.
     */
    size_t server_id_len;
    /**
     * The special nonce when the digest was right with that one alone; NULL else.
     */
    const uint8_t *nonce;
    /**
     * Octets of it.
     */
    size_t nonce_size;
    /**
     * What the vendor put into it.
     */
    const uint8_t *vendor;
    /**
     * Octets of it.
     */
    size_t vendor_size;
    /**
     * Feature `profile13`: the options of a 1.3 notification, for omadm_notice_options(). NULL: there are none.
     */
    const uint8_t *options;
    /**
     * Octets of them.
     */
    size_t options_size;
    /**
     * SessionID that the server chose.
     */
    uint16_t session_id;
    /**
     * OMADM_UI_MODE_... With `has_user` of the configuration OMADM_STEP_ASK comes before package 1; else it is the caller's
     * to decide whether there is a session.
     */
    omadm_ui_mode_t ui_mode;
    /**
     * 1: the user or the client wanted the session, as the server sees it; 0: the server.
     */
    uint8_t by_user;
} omadm_notice_t;
#endif

/**
 * What kind of answer a question takes. One of OMADM_QUESTION_...
 */
typedef uint32_t omadm_question_kind_t;

/**
 * What may be typed, and how it is handed over. One of OMADM_INPUT_...
 */
typedef uint32_t omadm_input_t;

/**
 * A question for the user, or a text to show.
 */
typedef struct omadm_question_t {
    /**
     * OMADM_QUESTION_...
     */
    omadm_question_kind_t kind;
    /**
     * OMADM_INPUT_...; OMADM_QUESTION_TEXT only.
     */
    omadm_input_t input;
    /**
     * What to show.
     */
    const char *text;
    /**
     * Octets of it.
     */
    size_t text_len;
    /**
     * The choices, packed; read them with omadm_choice().
     */
    const uint8_t *choices;
    /**
     * Octets of it.
     */
    size_t choices_size;
    /**
     * What the answer begins with: a text, `0` or `1`, or numbers joined with `-`. Empty: nothing.
     */
    const char *default_text;
    /**
     * Octets of it.
     */
    size_t default_len;
    /**
     * Seconds that it shall be shown at least; a hint. 0: not said.
     */
    uint32_t min_display;
    /**
     * Seconds to wait for an answer at most, then OMADM_ANSWER_TIMED_OUT. 0: not said.
     */
    uint32_t max_wait;
    /**
     * Characters of a typed text at most. 0: not said.
     */
    uint32_t max_len;
    /**
     * Not 0: what is typed is not shown.
     */
    uint32_t hidden;
} omadm_question_t;

/**
 * What happened in a session.
 */
typedef struct omadm_report_t {
    /**
     * OMADM_OK: everything was said and the server closed the session. Else why it broke off.
     */
    omadm_result_t result;
    /**
     * The number that goes with `result`, as omadm_detail() gives it.
     */
    uint32_t detail;
    /**
     * Messages handed out for sending, repeats included.
     */
    uint16_t messages_sent;
    /**
     * Messages of the server that were taken.
     */
    uint16_t messages_received;
    /**
     * Commands of the server that were executed with success.
     */
    uint16_t executed;
    /**
     * Commands of the server that were refused.
     */
    uint16_t refused;
} omadm_report_t;

/**
 * What the caller has to do next, and what he needs for it. Fields of another kind are zero.
 *
 * Its pointers lead into the object and the lent memory; they hold until the next call that gives a step, or
 * omadm_close().
 */
typedef struct omadm_step_t {
    /**
     * What to do.
     */
    omadm_step_kind_t kind;
    /**
     * SEND: where to.
     */
    const char *uri;
    /**
     * Octets of it.
     */
    size_t uri_len;
    /**
     * SEND: media type of the body.
     */
    const char *content_type;
    /**
     * Octets of it.
     */
    size_t content_type_len;
    /**
     * SEND: value of the x-syncml-hmac header; NULL when none has to be sent.
     */
    const char *hmac;
    /**
     * Octets of it.
     */
    size_t hmac_len;
    /**
     * SEND: the message.
     */
    const uint8_t *body;
    /**
     * Octets of it.
     */
    size_t body_len;
    /**
     * SEND: where the answer goes.
     */
    uint8_t *space;
    /**
     * Octets of it.
     */
    size_t space_size;
    /**
     * WAIT: milliseconds of the port's clock; 0: whenever it is convenient.
     */
    uint64_t until;
    /**
     * ASK: what to ask. Its texts end with omadm_raise() and omadm_finish(), too.
     */
    struct omadm_question_t question;
    /**
     * DONE: what happened.
     */
    struct omadm_report_t report;
} omadm_step_t;

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * A way to reach the server. One of OMADM_BEARER_...
 */
typedef uint8_t omadm_bearer_t;
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * The options of a notification of the 1.3 profile. Its pointer leads into the octets of the notification.
 */
typedef struct omadm_options_t {
    /**
     * Why the server wants the session, a text for the user; NULL: not said.
     */
    const char *reason;
    /**
     * Octets of it.
     */
    size_t reason_len;
    /**
     * Seconds since 1970-01-01T00:00:00Z after which it is not to be acted upon; see `has_expiration`.
     */
    uint32_t expires;
    /**
     * Numbers of the management objects that the session is about (OMNA MO index).
     */
    uint16_t targeted[OMADM_OPTIONS_MAX];
    /**
     * Numbers of the management objects that the server wants to have in package 1; the client sends what it can.
     */
    uint16_t requested[OMADM_OPTIONS_MAX];
    /**
     * OMADM_BEARER_..., the preferred one first; those not known are left out.
     */
    omadm_bearer_t bearers[OMADM_OPTIONS_MAX];
    /**
     * Number of `targeted`.
     */
    uint8_t targeted_count;
    /**
     * Number of `requested`.
     */
    uint8_t requested_count;
    /**
     * Number of `bearers`.
     */
    uint8_t bearer_count;
    /**
     * 1: `expires` was said. omadm_notified13() refuses one that has expired on a device that knows the time; on another one it is
     * the caller's to judge.
     */
    uint8_t has_expiration;
} omadm_options_t;
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * How many notifications were accepted and refused since omadm_init(). Neither number wraps around.
 */
typedef struct omadm_notice_counts_t {
    /**
     * Those that were accepted.
     */
    uint16_t accepted;
    /**
     * Those that were refused, whatever the reason.
     */
    uint16_t rejected;
} omadm_notice_counts_t;
#endif

#if defined(OMADM_FEATURE_REASONS)
/**
 * One command, or item of a command, that was not executed.
 */
typedef struct omadm_refusal_t {
    /**
     * Name of the command.
     */
    const char *command;
    /**
     * Octets of it.
     */
    size_t command_len;
    /**
     * The first 64 octets of the address; empty for a command that was refused as a whole.
     */
    const char *uri;
    /**
     * Octets of it.
     */
    size_t uri_len;
    /**
     * The requirement that the refusal follows; empty where none but the node's description or the handler asks for it.
     */
    const char *rule;
    /**
     * Octets of it.
     */
    size_t rule_len;
    /**
     * What the tree or a handler had against it, a code from 4000; OMADM_OK: it was refused before it came so far.
     */
    omadm_result_t reason;
    /**
     * The DM status code that the server was told.
     */
    uint16_t code;
} omadm_refusal_t;
#endif

/**
 * Why a session starts. Zeroed: the device wants to talk to the server of its first account.
 */
typedef struct omadm_trigger_t {
    /**
     * ServerID of the account to use; NULL: the first one.
     */
    const char *server_id;
    /**
     * Octets of it.
     */
    size_t server_id_len;
    /**
     * SessionID to use; 0: the account's next one.
     */
    uint16_t session_id;
} omadm_trigger_t;

/**
 * One answer of the server, whose octets are in `space` of the step.
 */
typedef struct omadm_received_t {
    /**
     * Octets received. 0: the server had nothing to say.
     */
    size_t len;
    /**
     * Media type as the transport tells it, parameters allowed. Empty: the first octet decides.
     */
    const char *content_type;
    /**
     * Octets of it.
     */
    size_t content_type_len;
    /**
     * Value of the x-syncml-hmac header; NULL when there was none.
     */
    const char *hmac;
    /**
     * Octets of it.
     */
    size_t hmac_len;
    /**
     * The name that the peer proved to have (a verified TLS server certificate, say); NULL when it proved nothing.
     */
    const char *peer;
    /**
     * Octets of it.
     */
    size_t peer_len;
} omadm_received_t;

/**
 * Why a message could not be exchanged. One of OMADM_FAIL_...
 */
typedef uint32_t omadm_failure_t;

/**
 * The user's answer to a question. One of OMADM_ANSWER_...
 */
typedef uint32_t omadm_answer_t;

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Client provisioning.
 */
#define OMADM_PROFILE_PROVISIONING 0
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * A DM message in WBXML. Feature `tnds`.
 */
#define OMADM_PROFILE_MESSAGE 1
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * It was pushed: believed only with a MAC, and only if the policy says so.
 */
#define OMADM_ORIGIN_PUSH 0
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * A TLS server gave it that proved its name.
 */
#define OMADM_ORIGIN_SECURED 1
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * It was read from the card in the device.
 */
#define OMADM_ORIGIN_SMART_CARD 2
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * The manufacturer put it in.
 */
#define OMADM_ORIGIN_FACTORY 3
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * omadm_bootstrap_prove() has to be called.
 */
#define OMADM_NEEDS_PROOF 1
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * And the user has to type a PIN for it.
 */
#define OMADM_NEEDS_PIN 2
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * The user has to be shown the changes and to agree.
 */
#define OMADM_NEEDS_CONSENT 4
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Its data was copied.
 */
#define OMADM_CARD_DATA 0
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * There is no card, or nothing on it: the accounts that came from a card go.
 */
#define OMADM_CARD_EMPTY 1
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * The device does not accept this card, for example because it is locked to another operator.
 */
#define OMADM_CARD_REJECTED 2
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * It does not answer, or not sensibly. Every other number means this, too.
 */
#define OMADM_CARD_FAILED 3
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Its data is larger than the memory for it.
 */
#define OMADM_CARD_TOO_LARGE 4
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Generic alert 1226 whose type is a name below a domain, such as
 * `org.openmobilealliance.dm.firmwareupdate.update`.
 */
#define OMADM_EVENT_REVERSED_DOMAIN_NAME 0
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Generic alert 1226 whose type is a MIME type.
 */
#define OMADM_EVENT_CONTENT_TYPE 1
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Client event 1224.
 */
#define OMADM_EVENT_CLIENT 2
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Not said; counts as informational.
 */
#define OMADM_MARK_NONE 0
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Something cannot work any more.
 */
#define OMADM_MARK_FATAL 1
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Something is about to stop working.
 */
#define OMADM_MARK_CRITICAL 2
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Something does not work as it should.
 */
#define OMADM_MARK_MINOR 3
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Something may go wrong.
 */
#define OMADM_MARK_WARNING 4
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * What counts without a mark.
 */
#define OMADM_MARK_INFORMATIONAL 5
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Nothing is wrong.
 */
#define OMADM_MARK_HARMLESS 6
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Nobody can tell.
 */
#define OMADM_MARK_INDETERMINATE 7
#endif

/**
 * Messages in WBXML.
 */
#define OMADM_HAS_WBXML 1

/**
 * Messages in XML.
 */
#define OMADM_HAS_XML 2

/**
 * `syncml:auth-md5`.
 */
#define OMADM_HAS_MD5 4

/**
 * `syncml:auth-SHA256`.
 */
#define OMADM_HAS_SHA256 8

/**
 * `syncml:auth-MAC`.
 */
#define OMADM_HAS_HMAC 16

/**
 * The command Atomic.
 */
#define OMADM_HAS_ATOMIC 32

/**
 * The command Copy.
 */
#define OMADM_HAS_COPY 64

/**
 * Get of `?list=Struct` and `?list=StructData`.
 */
#define OMADM_HAS_LIST 128

/**
 * Tree serialisation: `?list=TNDS`, and Add of a subtree.
 */
#define OMADM_HAS_TNDS 256

/**
 * Values larger than a message.
 */
#define OMADM_HAS_LARGE_OBJECT 512

/**
 * Questions to the user.
 */
#define OMADM_HAS_UI 1024

/**
 * omadm_raise(), omadm_finish().
 */
#define OMADM_HAS_EVENTS 2048

/**
 * omadm_refusal().
 */
#define OMADM_HAS_REASONS 4096

/**
 * omadm_notified().
 */
#define OMADM_HAS_NOTIFICATION 8192

/**
 * omadm_push_datagram() and its sisters.
 */
#define OMADM_HAS_PUSH 16384

/**
 * omadm_bootstrap_open() and its sisters.
 */
#define OMADM_HAS_BOOTSTRAP 32768

/**
 * This project's profile of DM 1.3.
 */
#define OMADM_HAS_PROFILE13 65536

/**
 * The properties Size, Title, TStamp and VerNo.
 */
#define OMADM_HAS_PROPERTIES 131072

/**
 * With a store of the port: dynamic nodes, ACLs and titles survive a restart.
 */
#define OMADM_HAS_DURABLE 262144

/**
 * Leaves of the formats date, time and float.
 */
#define OMADM_HAS_FORMATS 524288

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * Nothing was said: as the device likes.
 */
#define OMADM_UI_MODE_NOT_SPECIFIED 0
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * Nothing: the session is silent.
 */
#define OMADM_UI_MODE_BACKGROUND 1
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * The user is told that it begins.
 */
#define OMADM_UI_MODE_INFORMATIVE 2
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * The user is asked, and without a yes there is no session.
 */
#define OMADM_UI_MODE_USER_INTERACTION 3
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Any.
 */
#define OMADM_BEARER_ANY 0
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Packet data of a cellular network.
 */
#define OMADM_BEARER_CELLULAR_PACKET 1
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Wireless LAN.
 */
#define OMADM_BEARER_WLAN 2
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * A wire.
 */
#define OMADM_BEARER_WIRED 3
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Circuit-switched data of a cellular network.
 */
#define OMADM_BEARER_CELLULAR_CIRCUIT 4
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Bluetooth or a serial line.
 */
#define OMADM_BEARER_SHORT_RANGE 5
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A notification of DM 1.2, for omadm_notified().
 */
#define OMADM_PUSH_NOTIFICATION 1
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A notification of the 1.3 profile, for omadm_notified13(). Feature `profile13`.
 */
#define OMADM_PUSH_NOTIFICATION13 2
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A DM message in WBXML: a bootstrap with OMADM_PROFILE_MESSAGE, or nothing for this client.
 */
#define OMADM_PUSH_DM_WBXML 3
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A DM message in XML: never a bootstrap.
 */
#define OMADM_PUSH_DM_XML 4
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Client provisioning: a bootstrap with OMADM_PROFILE_PROVISIONING.
 */
#define OMADM_PUSH_PROVISIONING 5
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * There is no MAC, or of a kind that nobody knows.
 */
#define OMADM_SEC_NONE 0
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * What network and device share.
 */
#define OMADM_SEC_NETWORK_ID 1
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A PIN that the user was told.
 */
#define OMADM_SEC_USER_PIN 2
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Both.
 */
#define OMADM_SEC_USER_PIN_NETWORK_ID 3
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * A PIN that holds its MAC.
 */
#define OMADM_SEC_USER_PIN_MAC 4
#endif

/**
 * An interior node.
 */
#define OMADM_FORMAT_NODE 0

/**
 * Text, UTF-8.
 */
#define OMADM_FORMAT_CHR 1

/**
 * A number of 32 bits, in decimal digits.
 */
#define OMADM_FORMAT_INT 2

/**
 * `true` or `false`.
 */
#define OMADM_FORMAT_BOOL 3

/**
 * Octets; Base64 in XML messages only.
 */
#define OMADM_FORMAT_B64 4

/**
 * Octets.
 */
#define OMADM_FORMAT_BIN 5

/**
 * XML.
 */
#define OMADM_FORMAT_XML 6

/**
 * No value.
 */
#define OMADM_FORMAT_NULL 7

/**
 * An ISO 8601 date.
 */
#define OMADM_FORMAT_DATE 8

/**
 * An ISO 8601 time.
 */
#define OMADM_FORMAT_TIME 9

/**
 * A number of single precision.
 */
#define OMADM_FORMAT_FLOAT 10

/**
 * The command does not say; that of the node is meant.
 */
#define OMADM_FORMAT_NONE 255

/**
 * Done.
 */
#define OMADM_STORE_DONE 0

/**
 * Only from `store_read`: there is no such record.
 */
#define OMADM_STORE_NONE 1

/**
 * No room for the record.
 */
#define OMADM_STORE_FULL 2

/**
 * The record is longer than the buffer, or than any record may be.
 */
#define OMADM_STORE_TOO_LARGE 3

/**
 * The medium failed, or its content is damaged. So is every other number.
 */
#define OMADM_STORE_FAILED 4

/**
 * Finished.
 */
#define OMADM_DONE 0

/**
 * Not ready. Everything is as it was before the call; the client gives OMADM_STEP_WAIT and makes the same call again.
 */
#define OMADM_NOT_YET 1

/**
 * Only from `exec`: started, and reported later with the ticket.
 */
#define OMADM_STARTED 2

/**
 * WBXML, `application/vnd.syncml.dm+wbxml`.
 */
#define OMADM_WBXML 0

/**
 * XML, `application/vnd.syncml.dm+xml`.
 */
#define OMADM_XML 1

/**
 * `syncml:auth-basic`: the secret itself.
 */
#define OMADM_STRENGTH_BASIC 0

/**
 * `syncml:auth-md5`, and seals with MD5.
 */
#define OMADM_STRENGTH_MD5 1

/**
 * `syncml:auth-SHA256`; only with the feature `sha256`.
 */
#define OMADM_STRENGTH_SHA256 2

/**
 * For one message where the transport does not prove the server, else for the session.
 */
#define OMADM_PROOF_PER_MESSAGE_OVER_PLAIN 0

/**
 * For one message over every transport.
 */
#define OMADM_PROOF_PER_MESSAGE 1

/**
 * For the session.
 */
#define OMADM_PROOF_PER_SESSION 2

/**
 * No connection, or it broke.
 */
#define OMADM_FAIL_LINK 0

/**
 * No answer in time.
 */
#define OMADM_FAIL_TIMEOUT 1

/**
 * The name or certificate of the peer could not be verified.
 */
#define OMADM_FAIL_TLS 2

/**
 * An HTTP status that is not a success.
 */
#define OMADM_FAIL_HTTP 3

/**
 * The answer does not follow the transport's rules.
 */
#define OMADM_FAIL_PROTOCOL 4

/**
 * The answer is larger than the space for it.
 */
#define OMADM_FAIL_TOO_LARGE 5

/**
 * The host gave up.
 */
#define OMADM_FAIL_CANCELLED 6

/**
 * Yes, or seen.
 */
#define OMADM_ANSWER_YES 0

/**
 * No.
 */
#define OMADM_ANSWER_NO 1

/**
 * The user broke off.
 */
#define OMADM_ANSWER_CANCELLED 2

/**
 * Nobody answered in time.
 */
#define OMADM_ANSWER_TIMED_OUT 3

/**
 * Text that was typed.
 */
#define OMADM_ANSWER_TEXT 4

/**
 * It cannot be shown: too long, too many choices, no screen.
 */
#define OMADM_ANSWER_NOT_SHOWN 5

/**
 * The text is only shown: OMADM_ANSWER_YES when it was.
 */
#define OMADM_QUESTION_DISPLAY 0

/**
 * OMADM_ANSWER_YES or OMADM_ANSWER_NO.
 */
#define OMADM_QUESTION_CONFIRM 1

/**
 * OMADM_ANSWER_TEXT.
 */
#define OMADM_QUESTION_TEXT 2

/**
 * omadm_answer_chosen() with one number.
 */
#define OMADM_QUESTION_ONE_OF 3

/**
 * omadm_answer_chosen() with any number of numbers.
 */
#define OMADM_QUESTION_SOME_OF 4

/**
 * A notification asks for a session, and the user shall know: it begins after any answer.
 */
#define OMADM_QUESTION_SESSION_BEGINS 5

/**
 * As before, and it begins after OMADM_ANSWER_YES only.
 */
#define OMADM_QUESTION_SESSION_WANTED 6

/**
 * A kind that this version of the API has no name for; answer OMADM_ANSWER_NOT_SHOWN.
 */
#define OMADM_QUESTION_OTHER 7

/**
 * Any text.
 */
#define OMADM_INPUT_ANY 0

/**
 * Digits, decimal point and sign.
 */
#define OMADM_INPUT_NUMERIC 1

/**
 * A date, as `DDMMYYYY`.
 */
#define OMADM_INPUT_DATE 2

/**
 * A time, as `hhmmss`.
 */
#define OMADM_INPUT_TIME 3

/**
 * A phone number: digits, `+` in front, `p`, `w`, `s`.
 */
#define OMADM_INPUT_PHONE 4

/**
 * An address, as `xxx.yyy.zzz.www`.
 */
#define OMADM_INPUT_IP_ADDRESS 5

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Takes a document. It is not looked into before it is proved.
 *
 * @param client     the object
 * @param document   the document; its octets and texts have to stay until it is applied or given up
 * @param policy     from where accounts are taken; NULL: as zeroed
 * @param bootstrap  out: the document on its way; nothing has to be done to give it up
 * @retval OMADM_OK                  `bootstrap` is ready
 * @retval OMADM_ERR_BOOT_POLICY     the policy takes nothing from there
 * @retval OMADM_ERR_BOOT_NO_PROOF   a push without SEC and MAC
 * @retval OMADM_ERR_BOOT_XML        it has to be WBXML
 * @retval OMADM_ERR_FEATURE         the profile is not part of this build
 * @retval OMADM_ERR_ARGUMENT        a number of the document is none of those that its field takes
 * @retval OMADM_ERR_BUSY            called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_open(union omadm_client_t *client,
                                    const struct omadm_document_t *document,
                                    const struct omadm_bootstrap_policy_t *policy,
                                    union omadm_bootstrap_t *bootstrap);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Tells what has to be done before the document is applied.
 *
 * @param bootstrap  the document
 * @param needs      out: a sum of OMADM_NEEDS_...; 0: omadm_bootstrap_apply() is next
 * @retval OMADM_OK                   `needs` is written
 * @retval OMADM_ERR_NULL             a pointer is NULL
 * @retval OMADM_ERR_ALIGNMENT        a pointer is misaligned
 * @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
 *
 * Threads: one at a time for one document. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_needs(const union omadm_bootstrap_t *bootstrap, omadm_needs_t *needs);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Checks the MAC of a pushed document with the secrets that it asks for; the others may be left out.
 *
 * @param client           the object
 * @param bootstrap        the document
 * @param network_id       what network and device share: the IMSI in semi-octets, say
 * @param network_id_size  octets of it
 * @param pin              what the user typed
 * @param pin_len          octets of it; with the network's 95 at most
 * @retval OMADM_OK                    proved, or nothing had to be
 * @retval OMADM_ERR_BOOT_WRONG_PROOF  a mistyped PIN, or a forgery; omadm_detail() gives the tries that are left
 * @retval OMADM_ERR_BOOT_SECRET       the secrets are longer than any key
 * @retval OMADM_ERR_NOT_INITIALISED   the document was not opened, or was moved
 * @retval OMADM_ERR_BUSY              called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: an HMAC-SHA1 over the document, as much for a wrong
 * MAC as for a right one.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_prove(union omadm_client_t *client,
                                     union omadm_bootstrap_t *bootstrap,
                                     const uint8_t *network_id,
                                     size_t network_id_size,
                                     const char *pin,
                                     size_t pin_len);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Tells the accounts that the document would make or change, for the user to read. Applies it and takes everything back.
 *
 * @param client     the object
 * @param bootstrap  the document, proved
 * @param work       scratch; as long as the longest value of the document, name and address
 * @param work_size  octets of it
 * @param show       called for each account
 * @param user       its first argument
 * @retval OMADM_OK                   all were shown
 * @retval OMADM_ERR_BOOT_NO_PROOF    omadm_bootstrap_prove() comes first
 * @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
 * @retval OMADM_ERR_BUSY             called from a callback
 * @return another code, as omadm_bootstrap_apply()
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: as omadm_bootstrap_apply().
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_changes(union omadm_client_t *client,
                                       const union omadm_bootstrap_t *bootstrap,
                                       uint8_t *work,
                                       size_t work_size,
                                       omadm_show_t show,
                                       void *user);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * The user has read the changes and agrees to them.
 *
 * @param client     the object
 * @param bootstrap  the document
 * @retval OMADM_OK                   noted
 * @retval OMADM_ERR_NOT_INITIALISED  the document was not opened, or was moved
 * @retval OMADM_ERR_BUSY             called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_agree(union omadm_client_t *client, union omadm_bootstrap_t *bootstrap);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Makes and changes the accounts, all of them or none.
 *
 * @param client     the object
 * @param bootstrap  the document
 * @param work       scratch; as long as the longest value of the document, name and address
 * @param work_size  octets of it
 * @param applied    out: whose accounts they are
 * @retval OMADM_OK                    `applied` is written
 * @retval OMADM_ERR_BOOT_NO_PROOF     omadm_bootstrap_prove() comes first
 * @retval OMADM_ERR_BOOT_NO_CONSENT   omadm_bootstrap_agree() comes first
 * @retval OMADM_ERR_BOOT_UNREADABLE   the document is broken; omadm_detail() gives the octet where reading ended
 * @retval OMADM_ERR_BOOT_NO_ACCOUNT   it is no document of its profile, or has no DM account
 * @retval OMADM_ERR_BOOT_INCOMPLETE   an account lacks its server identifier or a usable address
 * @retval OMADM_ERR_BOOT_TAKE_OVER    the account of this server came from elsewhere, or the document has two
 * @retval OMADM_ERR_BOOT_REPLAYED     it was applied before
 * @retval OMADM_ERR_BOOT_POLICY       it has more accounts than the policy takes
 * @retval OMADM_ERR_BOOT_OUTSIDE      it reaches for more than accounts
 * @retval OMADM_ERR_NOT_INITIALISED   the document was not opened, or was moved
 * @retval OMADM_ERR_BUSY              called from a callback
 * @return another code from 1000 (misuse), 3300 (document) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: reads the document, and one transaction.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_bootstrap_apply(union omadm_client_t *client,
                                     const union omadm_bootstrap_t *bootstrap,
                                     uint8_t *work,
                                     size_t work_size,
                                     struct omadm_applied_t *applied);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Reads the card and makes its accounts those of the device. To be called at switch-on, and when a card was put in or taken
 * out. What is on the card is applied, and accounts that came from a card and are not on it any more go; both at once, or
 * neither.
 *
 * @param client     the object
 * @param read       reads the card
 * @param user       its first argument
 * @param policy     from where accounts are taken; NULL: as zeroed. With `no_smart_card` the card is not even read
 * @param buf        where its data goes
 * @param buf_size   octets of it
 * @param work       scratch; as long as the longest value of the data, name and address
 * @param work_size  octets of it
 * @param applied    out: whose accounts they are; none when the card was empty, or its data was applied before
 * @retval OMADM_OK                      `applied` is written
 * @retval OMADM_ERR_BOOT_POLICY         the policy takes nothing from cards, or not so many accounts
 * @retval OMADM_ERR_BOOT_CARD           the card does not answer, or not sensibly
 * @retval OMADM_ERR_BOOT_CARD_REJECTED  the device does not accept the card
 * @retval OMADM_ERR_BOOT_CARD_SIZE      its data is larger than `buf`
 * @retval OMADM_ERR_NULL                a pointer that is needed is NULL
 * @retval OMADM_ERR_BUSY                called from a callback
 * @return another code, as omadm_bootstrap_apply(); nothing has changed
 *
 * Threads: one at a time for one object, between sessions; not from an interrupt. Cost: one call of `read`; when the data is
 * new, or the card is gone, one transaction.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_card_apply(union omadm_client_t *client,
                                omadm_card_read_t read,
                                void *user,
                                const struct omadm_bootstrap_policy_t *policy,
                                uint8_t *buf,
                                size_t buf_size,
                                uint8_t *work,
                                size_t work_size,
                                struct omadm_applied_t *applied);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Removes the accounts that came from a card, and the rights of their servers everywhere. omadm_card_apply() does that by
 * itself when there is no card; this is for a device that knows of it in another way, or keeps some of them.
 *
 * @param client      the object
 * @param keep        the servers whose accounts stay; may be NULL when keep_count is 0
 * @param keep_count  number of them; OMADM_BOOTSTRAP_ACCOUNTS at most
 * @retval OMADM_OK            they are gone, or there were none
 * @retval OMADM_ERR_ARGUMENT  more than OMADM_BOOTSTRAP_ACCOUNTS, or an identifier longer than its place
 * @retval OMADM_ERR_NULL      a pointer that is needed is NULL
 * @retval OMADM_ERR_BUSY      called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object, between sessions; not from an interrupt. Cost: looks at every account, and one
 * transaction.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_card_remove(union omadm_client_t *client,
                                 const struct omadm_server_t *keep,
                                 size_t keep_count);
#endif

#if defined(OMADM_FEATURE_BOOTSTRAP)
/**
 * Gives an IMSI as omadm_bootstrap_prove() takes it for client provisioning: semi-octets, the low half first.
 *
 * @param digits      the IMSI, 1 to 15 decimal digits
 * @param digits_len  number of them
 * @param key         out: OMADM_IMSI_SIZE octets
 * @param key_len     out: octets of it that count
 * @retval OMADM_OK            both are written
 * @retval OMADM_ERR_NULL      a pointer is NULL
 * @retval OMADM_ERR_ALIGNMENT a pointer is misaligned
 * @retval OMADM_ERR_UTF8      the digits are no text
 * @retval OMADM_ERR_ARGUMENT  it is no IMSI
 *
 * Threads: any, also from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_imsi(const char *digits, size_t digits_len, uint8_t *key, size_t *key_len);
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Has a server told of an event: with the next message of the session under way, else with package 1 of the next one. It is
 * in the store when this returns, and stays there until the server has answered it.
 *
 * At most 8 events wait. Each takes the lengths of its texts and data, and 17 octets more, which have to fit `work`, one
 * record of the store, and as an alert a message of `tx` beside 640 octets for the rest, 1280 in XML.
 *
 * @param client  the object
 * @param event   the event; copied
 * @retval OMADM_OK                   kept
 * @retval OMADM_ERR_NULL             a pointer that is needed is NULL
 * @retval OMADM_ERR_ARGUMENT         a number of the event is none of those that its field takes
 * @retval OMADM_ERR_EVENT            it has no form in a message
 * @retval OMADM_ERR_EVENTS           as many wait as can be held
 * @retval OMADM_ERR_EVENT_TOO_LARGE  see above
 * @retval OMADM_ERR_BUSY             called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing is kept
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, 8 `store_read` at the first call.
 * The texts of a question that is asked end.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_raise(union omadm_client_t *client,
                           const struct omadm_event_t *event);
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Tells the result of an Exec whose handler answered OMADM_STARTED: the event goes to the server of the Exec with its
 * Correlator, about the executed node unless the event names another. The first call for a ticket counts; another one,
 * after a restart say, changes nothing.
 *
 * @param client  the object
 * @param ticket  what `exec` was given; it stays good over a restart when the store does
 * @param event   the result; copied
 * @retval OMADM_OK          kept, or told already
 * @retval OMADM_ERR_TICKET  there is no such Exec, or its result was answered already
 * @return another code, as omadm_raise()
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, at most 16 `store_read`. The texts
 * of a question that is asked end.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_finish(union omadm_client_t *client,
                            uint32_t ticket,
                            const struct omadm_event_t *event);
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * How many events, and executions without a result, wait.
 *
 * @param client  the object
 * @param count   out: the number; when it is not 0, a session is worth its while
 * @retval OMADM_OK        `count` is written
 * @retval OMADM_ERR_NULL  a pointer is NULL
 * @retval OMADM_ERR_BUSY  called from a callback
 * @return another code from 1000 (misuse) or 4000 (device)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: 8 `store_read` at the first call. The texts of a
 * question that is asked end.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_waiting(union omadm_client_t *client, size_t *count);
#endif

#if defined(OMADM_FEATURE_EVENTS)
/**
 * Forgets every event, told or not, and every execution without a result: after a reset to factory values, say.
 *
 * @param client  the object
 * @retval OMADM_OK        done
 * @retval OMADM_ERR_NULL  `client` is NULL
 * @retval OMADM_ERR_BUSY  called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); some may be forgotten
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: 8 `store_erase`.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_forget_events(union omadm_client_t *client);
#endif

/**
 * The abilities of the library.
 *
 * @return the sum of OMADM_HAS_...
 *
 * Threads: any, also from an interrupt. Cost: none to speak of.
 */
omadm_features_t omadm_features(void);

/**
 * Gives a piece of a value, from the `get` of a handler only. Pieces are put one after the other; the sink keeps those
 * that are needed now and counts all of them.
 *
 * @param out   what `get` was given
 * @param data  the octets; may be NULL when size is 0
 * @param size  number of octets
 * @retval OMADM_OK        taken, or not needed
 * @retval OMADM_ERR_NULL  a pointer is NULL
 *
 * Threads: only inside the callback. Cost: one copy of what is kept.
 *
 * # Safety
 * `out` is what the running `get` was given; `data` leads to `size` octets.
 */
omadm_result_t omadm_put(struct omadm_sink_t *out, const void *data, size_t size);

/**
 * Gives the whole value of an `int` leaf, from the `get` of a handler only.
 *
 * @param out     what `get` was given
 * @param number  -2147483648 to 4294967295
 * @retval OMADM_OK            taken
 * @retval OMADM_ERR_NULL      `out` is NULL
 * @retval OMADM_ERR_ARGUMENT  the number is outside its range
 *
 * Threads: only inside the callback. Cost: 12 octets of stack.
 *
 * # Safety
 * `out` is what the running `get` was given.
 */
omadm_result_t omadm_put_int(struct omadm_sink_t *out, int64_t number);

#if defined(OMADM_FEATURE_PUSH)
/**
 * Makes an inbox. One that is there already is made anew, and forgets its parts.
 *
 * @param inbox   out: the inbox
 * @param memory  where parts are kept; may be NULL when size is 0
 * @param size    octets of it: OMADM_INBOX_SETS times OMADM_INBOX_PART for each part of a message; 0: whole messages only
 * @retval OMADM_OK             the inbox is empty; the memory is lent to it until it is made anew
 * @retval OMADM_ERR_NULL       a pointer is NULL
 * @retval OMADM_ERR_ALIGNMENT  `inbox` is misaligned
 * @retval OMADM_ERR_RANGE      memory reaches beyond the address space
 *
 * Threads: one at a time for one inbox. Cost: clears the memory.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_inbox_init(union omadm_inbox_t *inbox,
                                uint8_t *memory,
                                size_t size);
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Takes the user data of one short message, with its header.
 *
 * @param inbox       the inbox
 * @param sender      address of the sender, 20 octets at most
 * @param sender_len  octets of it
 * @param user_data   the octets
 * @param size        number of octets
 * @param now         milliseconds of a clock that never runs backwards: what is not complete after five minutes is forgotten
 * @param push        out: the push that is complete now; good until the next call for this inbox, and as long as the octets
 *                    stay
 * @retval OMADM_OK                     `push` is written
 * @retval OMADM_ERR_PUSH_INCOMPLETE    the part is kept; others are missing
 * @retval OMADM_ERR_PUSH_TOO_LARGE     a message of more or longer parts than there is room for
 * @retval OMADM_ERR_PUSH_MALFORMED     its lengths or codes contradict each other
 * @retval OMADM_ERR_PUSH_OTHER         it is for another port or application, or no push
 * @retval OMADM_ERR_PUSH_CONTENT_TYPE  it is of another media type
 * @retval OMADM_ERR_NOT_INITIALISED    no inbox was made here, or it was moved
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one inbox; not from an interrupt. Cost: one look at each octet.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_inbox_sms(union omadm_inbox_t *inbox,
                               const uint8_t *sender,
                               size_t sender_len,
                               const uint8_t *user_data,
                               size_t size,
                               uint64_t now,
                               struct omadm_push_t *push);
#endif

/**
 * Makes an object and opens its tree: the root, every required permanent node, and what the port's store remembers.
 *
 * @param client  memory of the object, zeroed or closed before
 * @param config  what it is made of; copied
 * @retval OMADM_OK                     done; the object must stay where it is until omadm_close()
 * @retval OMADM_ERR_NULL               an argument or a pointer of the configuration that is needed is NULL
 * @retval OMADM_ERR_WRONG_CALL         the object is in use: omadm_close() first
 * @retval OMADM_ERR_CONFIG_SIZE        header and library are of different versions
 * @retval OMADM_ERR_ALIGNMENT          `client`, `nodes` or a table is misaligned
 * @retval OMADM_ERR_OVERLAP            two pieces of memory overlap
 * @retval OMADM_ERR_RANGE              memory reaches beyond the address space
 * @retval OMADM_ERR_ENCODING           not part of this build
 * @retval OMADM_ERR_FEATURE            the configuration asks for what is not part of this build
 * @retval OMADM_ERR_ARGUMENT           a number of the configuration is none of those that its field takes
 * @retval OMADM_ERR_SCHEMA             the schema is broken
 * @retval OMADM_ERR_MOUNT              a mount names no described node, or has no handler
 * @retval OMADM_ERR_PORT               `random` or `now` is NULL, or some store functions are and others are not
 * @retval OMADM_ERR_RX_TOO_SMALL       see `rx`
 * @retval OMADM_ERR_WORK_TOO_SMALL     see `work`
 * @retval OMADM_ERR_FULL               `nodes`, `pool` or the store have no room for the permanent nodes
 * @retval OMADM_ERR_BUSY               called from a callback
 * @return another code from 4000 (device); the object is then as before
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: clears the lent memory, one `store_read` for each
 * permanent leaf at most.
 *
 * # Safety
 * The pointers lead to what the contract says; `client` was zeroed before its first initialisation.
 */
omadm_result_t omadm_init(union omadm_client_t *client, const struct omadm_config_t *config);

/**
 * Ends an object and zeroes it; a session under way is dropped. Everything that was lent is the caller's again. Lent
 * memory is not cleared: it may hold messages with credentials.
 *
 * @param client  the object
 * @retval OMADM_OK                    done
 * @retval OMADM_ERR_NULL              `client` is NULL
 * @retval OMADM_ERR_NOT_INITIALISED   it is not in use
 * @retval OMADM_ERR_BUSY              called from a callback
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * `client` is NULL, or leads to an object that was zeroed before its first initialisation.
 */
omadm_result_t omadm_close(union omadm_client_t *client);

/**
 * The number that goes with the last result other than OMADM_OK: the DM status code of a refusal, the octets that are
 * needed, the octet where reading ended. See `omadm_result_t`.
 *
 * @param client  the object
 * @return the number; 0 when there is none, after a call that went well, and for an object that is not initialised
 *
 * Threads: one at a time for one object; allowed in callbacks. Cost: none to speak of.
 *
 * # Safety
 * `client` is NULL, or leads to an object that was zeroed before its first initialisation.
 */
uint32_t omadm_detail(const union omadm_client_t *client);

/**
 * The version of the library.
 *
 * @return such as "0.1.0", terminated by NUL, constant
 *
 * Threads: any, also from an interrupt. Cost: none to speak of.
 */
const char *omadm_version(void);

/**
 * Adds a leaf as the application, with its ancestors that are missing. No ACL and no AccessType is asked; TStamp and VerNo
 * are kept up.
 *
 * @param client      the object
 * @param uri         such as "./Vendor/cfg/new"
 * @param uri_len     octets of it
 * @param format      OMADM_FORMAT_..., needed where the name alone does not tell which description is meant; else
 *                    OMADM_FORMAT_NONE
 * @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
 * @param value_size  number of octets
 * @retval OMADM_OK                 done
 * @retval OMADM_ERR_EXISTS         it is there already
 * @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
 * @retval OMADM_ERR_VALUE          the value is outside the leaf's format
 * @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
 * @retval OMADM_ERR_TOO_LARGE      longer than `value` of the configuration takes
 * @retval OMADM_ERR_NOT_READY      a handler is not ready: try again
 * @retval OMADM_ERR_ARGUMENT       `format` is none
 * @retval OMADM_ERR_BUSY           called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_add(union omadm_client_t *client,
                               const char *uri,
                               size_t uri_len,
                               omadm_format_t format,
                               const void *value,
                               size_t value_size);

/**
 * Adds an interior node as the application, with its ancestors that are missing.
 *
 * @param client   the object
 * @param uri      such as "./Vendor/profiles/new"
 * @param uri_len  octets of it
 * @retval OMADM_OK                 done
 * @retval OMADM_ERR_EXISTS         it is there already
 * @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
 * @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
 * @retval OMADM_ERR_NOT_READY      a handler is not ready: try again
 * @retval OMADM_ERR_BUSY           called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_add_node(union omadm_client_t *client, const char *uri, size_t uri_len);

/**
 * Removes a dynamic node and everything below it, as the application.
 *
 * @param client   the object
 * @param uri      such as "./Vendor/profiles/old"
 * @param uri_len  octets of it
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
 * @retval OMADM_ERR_NOT_READY     a leaf below is being sent in pieces, or a handler is not ready: try again
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse) or 4000 (device; the node is permanent, say); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_erase` for each removed node.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_delete(union omadm_client_t *client, const char *uri, size_t uri_len);

/**
 * Tells that a value behind a handler has changed by itself: brings TStamp and VerNo up to date.
 *
 * @param client   the object
 * @param uri      such as "./Vendor/Signal"
 * @param uri_len  octets of it
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse) or 4000 (device)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` at most.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_touched(union omadm_client_t *client, const char *uri, size_t uri_len);

/**
 * Gives the name of a child of an interior node; from 0 on, they are all of them, and stay in their order as long as
 * none comes or goes.
 *
 * @param client    the object
 * @param uri       such as "./DMAcc"
 * @param uri_len   octets of it
 * @param index     which child, from 0
 * @param name      where the name goes; cleared first
 * @param name_size octets of it
 * @param name_len  out: octets of the name
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere, or the node has no so many children
 * @retval OMADM_ERR_TOO_LARGE     longer than `name`
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse); `name_len` is not written
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: looks at every child before.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_child(union omadm_client_t *client,
                                 const char *uri,
                                 size_t uri_len,
                                 size_t index,
                                 char *name,
                                 size_t name_size,
                                 size_t *name_len);

/**
 * Makes sure that an interior node is there, as the manufacturer: creates it and its ancestors where they are missing.
 *
 * @param client   the object
 * @param uri      such as "./Vendor/profiles/first"
 * @param uri_len  octets of it
 * @retval OMADM_OK                 it is there
 * @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
 * @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
 * @retval OMADM_ERR_BUSY           called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write` for each new node.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_factory_node(union omadm_client_t *client, const char *uri, size_t uri_len);

/**
 * Factory reset: forgets all values, ACLs and titles and all dynamic nodes, accounts and their secrets included. It has
 * happened when the object was closed and initialised again, whatever power does meanwhile; until then no change is
 * accepted. Then seed the tree as on the first day. What is behind handlers is the application's own.
 *
 * @param client  the object
 * @retval OMADM_OK             close and initialise the object next
 * @retval OMADM_ERR_NOT_READY  a transaction is open
 * @retval OMADM_ERR_STORE      the store failed
 * @retval OMADM_ERR_BUSY       called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object, between sessions; not from an interrupt. Cost: one `store_write`, or one
 * `store_erase` for each node; the next omadm_init() as many.
 *
 * # Safety
 * The pointer leads to what the contract says.
 */
omadm_result_t omadm_factory_reset(union omadm_client_t *client);

/**
 * Looks whether the device says who it is, in the forms that the standard asks for: DevInfo and the versions of DevDetail.
 * For a test of the product; a session does not depend on it.
 *
 * @param client   the object
 * @param uri      out: the first leaf that is missing, empty, no URN (DevId) or no language tag (Lang); NULL: all is well
 * @param uri_len  out: octets of it
 * @retval OMADM_OK        the outputs are written
 * @retval OMADM_ERR_BUSY  called from a callback
 * @return another code from 1000 (misuse) or 4000 (device: a leaf cannot be read)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: reads nine leaves.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_check_device(union omadm_client_t *client,
                                  const char **uri,
                                  size_t *uri_len);

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * Judges a notification of DM 1.2 (`application/vnd.syncml.notification`, 0x44), without what carried it. OMADM_OK: hand
 * the notice to omadm_start_notified() when no other session is under way, for that would be dropped. On every other code
 * nothing may be sent to anybody because of it.
 *
 * Eight sessions of one server in a row are accepted, then one in ten minutes, unless `notices` of the configuration says
 * something else.
 *
 * @param client  the object
 * @param data    the octets
 * @param size    number of octets
 * @param notice  out: what is asked for; good as long as the octets stay
 * @retval OMADM_OK                       `notice` is written
 * @retval OMADM_ERR_NOTICE               the notification was refused for a reason without a code of its own
 * @retval OMADM_ERR_NOTICE_MALFORMED     its lengths contradict each other, or it has no usable SessionID
 * @retval OMADM_ERR_NOTICE_VERSION       it is of another version; omadm_detail() gives ten times its number
 * @retval OMADM_ERR_NOTICE_UNSIGNED      its hash is none that this build or the policy takes
 * @retval OMADM_ERR_NOTICE_SERVER        no account has its server identifier
 * @retval OMADM_ERR_NOTICE_CREDENTIALS   the account has no secret to check it with
 * @retval OMADM_ERR_NOTICE_DIGEST        it was not made with the secret and nonce of the account
 * @retval OMADM_ERR_NOTICE_NONCE         it is right with the special nonce only, which is not to be used
 * @retval OMADM_ERR_NOTICE_REPLAYED      it was accepted before
 * @retval OMADM_ERR_NOTICE_TOO_MANY      there were too many
 * @retval OMADM_ERR_BUSY                 called from a callback
 * @return another code from 1000 (misuse) or 4000 (device)
 *
 * Threads: one at a time for one object; not from an interrupt. The session under way, if any, is not touched. Cost: one
 * hash over the notification for each entry of the server's credentials, three with `resync`, and one `store_write` when
 * it is accepted.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_notified(union omadm_client_t *client,
                              const uint8_t *data,
                              size_t size,
                              struct omadm_notice_t *notice);
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * Begins the session that a notification asks for. A session under way is dropped first; what was answered in it stays.
 *
 * @param client  the object
 * @param notice  what omadm_notified() or omadm_notified13() wrote, and nothing else: it is taken as proved
 * @param step    out: what to do next
 * @retval OMADM_OK             `step` is written
 * @retval OMADM_ERR_NULL       a pointer is NULL
 * @retval OMADM_ERR_ARGUMENT   a number of the notice is none of those that its field takes
 * @return another code, as omadm_start()
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: as omadm_start().
 *
 * # Safety
 * The pointers lead to what the contract says; the octets of the notification are still there, and stay until the first step
 * that is no OMADM_STEP_ASK.
 */
omadm_result_t omadm_start_notified(union omadm_client_t *client,
                                    const struct omadm_notice_t *notice,
                                    struct omadm_step_t *step);
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Judges a notification of the 1.3 profile (`application/vnd.syncml.dm.notification`, 0x58), without what carried it, as
 * omadm_notified() does it with one of DM 1.2. OMADM_OK: look at its options with omadm_notice_options(), and hand the
 * notice to omadm_start_notified().
 *
 * The form of these notifications is this project's reading of drafts, not the published standard.
 *
 * @param client  the object
 * @param data    the octets
 * @param size    number of octets
 * @param notice  out: what is asked for; good as long as the octets stay
 * @retval OMADM_OK                  `notice` is written
 * @retval OMADM_ERR_NOTICE_EXPIRED  the notification is not to be acted upon any more
 * @return another code, as omadm_notified()
 *
 * Threads: one at a time for one object; not from an interrupt. The session under way, if any, is not touched. Cost: as
 * omadm_notified().
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_notified13(union omadm_client_t *client,
                                const uint8_t *data,
                                size_t size,
                                struct omadm_notice_t *notice);
#endif

#if (defined(OMADM_FEATURE_NOTIFICATION) && defined(OMADM_FEATURE_PROFILE13))
/**
 * Reads the options of a notification of the 1.3 profile. One of DM 1.2 has none.
 *
 * @param notice   what omadm_notified13() wrote
 * @param options  out: the options; good as long as the octets of the notification
 * @retval OMADM_OK             `options` is written
 * @retval OMADM_ERR_NULL       a pointer is NULL
 * @retval OMADM_ERR_ALIGNMENT  a pointer is misaligned
 *
 * Threads: any, one at a time for one notice. Cost: five looks at each option.
 *
 * # Safety
 * The pointers lead to what the contract says; the octets of the notification are still there.
 */
omadm_result_t omadm_notice_options(const struct omadm_notice_t *notice, struct omadm_options_t *options);
#endif

#if defined(OMADM_FEATURE_NOTIFICATION)
/**
 * Tells how many notifications there were. Many refused ones are a sign of somebody who tries.
 *
 * @param client  the object
 * @param counts  out: the numbers
 * @retval OMADM_OK        `counts` is written
 * @retval OMADM_ERR_NULL  a pointer is NULL
 * @retval OMADM_ERR_BUSY  called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_notice_counts(union omadm_client_t *client, struct omadm_notice_counts_t *counts);
#endif

/**
 * Bare metal with feature `panic-handler` only, defined by the firmware: called instead of a panic, which no input
 * can cause. It must not return; a reset is the usual thing.
 */
extern void omadm_panic(void);

#if defined(OMADM_FEATURE_PUSH)
/**
 * Unwraps a datagram: a connectionless WAP push.
 *
 * @param port  UDP or WDP port that it arrived on; 2948 is the one for pushes
 * @param pdu   the octets
 * @param size  number of octets
 * @param push  out: what is in it; good as long as the octets stay
 * @retval OMADM_OK                     `push` is written
 * @retval OMADM_ERR_PUSH_MALFORMED     its lengths or codes contradict each other
 * @retval OMADM_ERR_PUSH_OTHER         it is for another port or application, or no push
 * @retval OMADM_ERR_PUSH_CONTENT_TYPE  it is of another media type
 * @retval OMADM_ERR_NULL               a pointer is NULL
 * @return another code from 1000 (misuse)
 *
 * Threads: any. Cost: one look at each octet of the wrapping.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_push_datagram(uint16_t port, const uint8_t *pdu, size_t size, struct omadm_push_t *push);
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Unwraps an object that was put over OBEX, whole, in one packet.
 *
 * @param packet  the octets of the packet
 * @param size    number of octets
 * @param push    out: what is in it; good as long as the octets stay
 * @return as omadm_push_datagram()
 *
 * Threads: any. Cost: one look at each octet of the wrapping.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_push_put(const uint8_t *packet, size_t size, struct omadm_push_t *push);
#endif

#if defined(OMADM_FEATURE_PUSH)
/**
 * Tells what a body is whose media type is known from elsewhere, on a channel that is one of DM.
 *
 * @param media_type      text of a Content-Type field, with its parameters
 * @param media_type_len  octets of it
 * @param body            the octets
 * @param size            number of octets
 * @param push            out: what is in it; good as long as text and octets stay
 * @return as omadm_push_datagram()
 *
 * Threads: any. Cost: one look at each octet of the media type.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_push_typed(const char *media_type,
                                size_t media_type_len,
                                const uint8_t *body,
                                size_t size,
                                struct omadm_push_t *push);
#endif

#if defined(OMADM_FEATURE_REASONS)
/**
 * Tells why a command was refused in the present session, or after its end in the last one. As many as `refusal_count` of
 * the configuration are kept, the first of each session.
 *
 * @param client   the object
 * @param index    from 0, in the order of the commands
 * @param refusal  out: the refusal; its texts hold until the next call that gives a step
 * @retval OMADM_OK            `refusal` is written
 * @retval OMADM_ERR_ARGUMENT  no so many commands were refused, or kept
 * @retval OMADM_ERR_NULL      a pointer is NULL
 * @retval OMADM_ERR_BUSY      called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_refusal(union omadm_client_t *client,
                             size_t index,
                             struct omadm_refusal_t *refusal);
#endif

/**
 * Begins a session. A session under way is dropped first; what was answered in it stays.
 *
 * @param client   the object
 * @param trigger  why, and with which server; NULL: the device wants to, with the server of its first account
 * @param step     out: what to do next
 * @retval OMADM_OK                 `step` is written
 * @retval OMADM_ERR_NO_ACCOUNT     no account matches, or it has no usable address
 * @retval OMADM_ERR_TX_TOO_SMALL   omadm_detail() gives the octets that the first message needs
 * @retval OMADM_ERR_TEXT_TOO_LONG  a text of the account is longer than its place in the session
 * @retval OMADM_ERR_RANDOM         the port gave no random octets
 * @retval OMADM_ERR_BUSY           called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); there is no session
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: reads the account and composes one message.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_start(union omadm_client_t *client,
                           const struct omadm_trigger_t *trigger,
                           struct omadm_step_t *step);

/**
 * Takes the server's answer to the last OMADM_STEP_SEND, which was read into its `space`.
 *
 * @param client    the object
 * @param received  what was received
 * @param step      out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written; what the server does wrong ends the session, see the report
 * @retval OMADM_ERR_WRONG_CALL  no message was to be sent
 * @retval OMADM_ERR_LENGTH      `len` is more than `space_size` was
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: executes the commands of the message, which call
 * handlers and the store, and composes the answer.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_receive(union omadm_client_t *client,
                             const struct omadm_received_t *received,
                             struct omadm_step_t *step);

/**
 * Tells that the message of the last OMADM_STEP_SEND could not be exchanged.
 *
 * @param client       the object
 * @param why          OMADM_FAIL_...
 * @param http_status  with OMADM_FAIL_HTTP: the status; else 0
 * @param step         out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written
 * @retval OMADM_ERR_WRONG_CALL  no message was to be sent
 * @retval OMADM_ERR_ARGUMENT    `why` is none of OMADM_FAIL_...
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: may compose one message.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_failed(union omadm_client_t *client,
                            omadm_failure_t why,
                            uint16_t http_status,
                            struct omadm_step_t *step);

/**
 * Goes on after OMADM_STEP_WAIT.
 *
 * @param client  the object
 * @param step    out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written
 * @retval OMADM_ERR_WRONG_CALL  nothing was waited for
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_resume(union omadm_client_t *client, struct omadm_step_t *step);

/**
 * Takes the user's answer after OMADM_STEP_ASK. Choices are answered with omadm_answer_chosen().
 *
 * @param client    the object
 * @param answer    OMADM_ANSWER_...
 * @param text      with OMADM_ANSWER_TEXT: what was typed
 * @param text_len  octets of it
 * @param step      out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written
 * @retval OMADM_ERR_WRONG_CALL  nothing was asked
 * @retval OMADM_ERR_ANSWER      the question takes an answer of another kind, and is still open
 * @retval OMADM_ERR_ARGUMENT    `answer` is none of OMADM_ANSWER_...
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_answer(union omadm_client_t *client,
                            omadm_answer_t answer,
                            const char *text,
                            size_t text_len,
                            struct omadm_step_t *step);

/**
 * Gives the session up after OMADM_STEP_WAIT or OMADM_STEP_ASK: what was executed is answered, an Atomic under way is taken
 * back, the server is told with Alert 1223, and the session is over when that is sent. After OMADM_STEP_SEND call
 * omadm_failed() with OMADM_FAIL_CANCELLED.
 *
 * @param client  the object
 * @param step    out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written
 * @retval OMADM_ERR_WRONG_CALL  nothing was waited for or asked
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: composes one message.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_abort(union omadm_client_t *client,
                           struct omadm_step_t *step);

#if defined(OMADM_FEATURE_ATOMIC)
/**
 * Begins a transaction of the application: every change from here on waits for omadm_commit(). Between sessions: a session
 * that begins takes it back, and in one under way the server's own Atomic would find it open and fail.
 *
 * @param client  the object
 * @retval OMADM_OK             it is open
 * @retval OMADM_ERR_NOT_READY  one is open already
 * @retval OMADM_ERR_STORE      the store failed, or the object has to be initialised again
 * @retval OMADM_ERR_BUSY       called from a callback
 * @return another code from 1000 (misuse)
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: none to speak of.
 *
 * # Safety
 * The pointer leads to what the contract says.
 */
omadm_result_t omadm_begin(union omadm_client_t *client);
#endif

#if defined(OMADM_FEATURE_ATOMIC)
/**
 * Makes everything since omadm_begin() count, also after a power failure at any moment.
 *
 * @param client  the object
 * @retval OMADM_OK             it counts, or nothing was open
 * @retval OMADM_ERR_NOT_READY  a handler is not ready to prepare; the transaction stays open: call again
 * @retval OMADM_ERR_FULL       no room for the journal; all is taken back
 * @retval OMADM_ERR_BUSY       called from a callback
 * @return another code from 1000 (misuse) or 4000 (device: why a handler could not prepare, say); all is taken back then
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: with a store of the port a record for each changed
 * node, two more to copy and one to erase it, and three of the transaction itself; calls of the handlers taking part.
 *
 * # Safety
 * The pointer leads to what the contract says.
 */
omadm_result_t omadm_commit(union omadm_client_t *client);
#endif

#if defined(OMADM_FEATURE_ATOMIC)
/**
 * Takes back everything since omadm_begin(). Nothing happens when nothing is open.
 *
 * @param client  the object
 * @retval OMADM_OK           all is as it was
 * @retval OMADM_ERR_BUSY     called from a callback
 * @return another code from 1000 (misuse) or 4000 (device): a handler could not take back what it did, everything else
 *         is as it was
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: calls of the handlers taking part, and one
 * `store_erase` for each change.
 *
 * # Safety
 * The pointer leads to what the contract says.
 */
omadm_result_t omadm_roll_back(union omadm_client_t *client);
#endif

/**
 * Sets the value of a leaf as the manufacturer: creates the leaf, its ancestors and optional permanent nodes where they
 * are missing. For accounts and factory values; no ACL and no AccessType is asked.
 *
 * @param client      the object
 * @param uri         such as "./DMAcc/srv/ServerID"
 * @param uri_len     octets of it
 * @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
 * @param value_size  number of octets
 * @retval OMADM_OK                 done
 * @retval OMADM_ERR_NO_SUCH_NODE   the URI leads nowhere
 * @retval OMADM_ERR_NOT_DESCRIBED  the schema describes no such node
 * @retval OMADM_ERR_VALUE          the value is outside the leaf's format
 * @retval OMADM_ERR_FULL           no room in `nodes`, `pool` or the store
 * @retval OMADM_ERR_TOO_LARGE      longer than `value` of the configuration takes
 * @retval OMADM_ERR_BUSY           called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_factory_set(union omadm_client_t *client,
                                 const char *uri,
                                 size_t uri_len,
                                 const void *value,
                                 size_t value_size);

/**
 * Sets the ACL of a node as the manufacturer.
 *
 * @param client   the object
 * @param uri      such as "./Vendor/cfg"
 * @param uri_len  octets of it
 * @param acl      such as "Get=*&Replace=srv"; empty: that of the parent counts
 * @param acl_len  octets of it
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
 * @retval OMADM_ERR_ACL           the text is not an ACL
 * @retval OMADM_ERR_FULL          no room in `pool` or the store
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_factory_acl(union omadm_client_t *client,
                                 const char *uri,
                                 size_t uri_len,
                                 const char *acl,
                                 size_t acl_len);

/**
 * Sets the value of an existing leaf as the application. No ACL and no AccessType is asked; TStamp and VerNo are kept up.
 *
 * @param client      the object
 * @param uri         such as "./Vendor/cfg/apn"
 * @param uri_len     octets of it
 * @param value       the octets, in the native form of the leaf's format; may be NULL when value_size is 0
 * @param value_size  number of octets
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
 * @retval OMADM_ERR_VALUE         the value is outside the leaf's format
 * @retval OMADM_ERR_NOT_READY     the leaf is being sent in pieces, or its handler is not ready: try again
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); nothing has changed
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_write`, or one call of the handler.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_set(union omadm_client_t *client,
                               const char *uri,
                               size_t uri_len,
                               const void *value,
                               size_t value_size);

/**
 * Copies the value of a leaf for the application; also of leaves that no server may read.
 *
 * @param client    the object
 * @param uri       such as "./Vendor/cfg/apn"
 * @param uri_len   octets of it
 * @param buf       where the value goes; cleared first
 * @param buf_size  octets of it
 * @param len       out: octets of the value
 * @retval OMADM_OK                done
 * @retval OMADM_ERR_NO_SUCH_NODE  the URI leads nowhere
 * @retval OMADM_ERR_NODE_KIND     it is no leaf
 * @retval OMADM_ERR_TOO_LARGE     longer than `buf`
 * @retval OMADM_ERR_NOT_READY     the handler is not ready: try again
 * @retval OMADM_ERR_BUSY          called from a callback
 * @return another code from 1000 (misuse) or 4000 (device); `len` is not written, `buf` holds nothing of use
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: one `store_read`, or one call of the handler.
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_local_get(union omadm_client_t *client,
                               const char *uri,
                               size_t uri_len,
                               void *buf,
                               size_t buf_size,
                               size_t *len);

#if defined(OMADM_FEATURE_UI)
/**
 * Gives one of the choices of a question.
 *
 * @param question  the question of the last step
 * @param number    of the choice, from 1
 * @param text      out: the choice
 * @param text_len  out: octets of it
 * @retval OMADM_OK            the outputs are written; they hold as long as the texts of the question
 * @retval OMADM_ERR_NULL      a pointer is NULL
 * @retval OMADM_ERR_ARGUMENT  there is no choice of this number
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: looks at every choice before.
 *
 * # Safety
 * `question` leads to the question of a step that is still the last one; the outputs can be written.
 */
omadm_result_t omadm_choice(const struct omadm_question_t *question,
                            size_t number,
                            const char **text,
                            size_t *text_len);
#endif

#if defined(OMADM_FEATURE_UI)
/**
 * Takes the choices of the user after OMADM_STEP_ASK with OMADM_QUESTION_ONE_OF or OMADM_QUESTION_SOME_OF.
 *
 * @param client   the object
 * @param numbers  of the choices, from 1; may be NULL when count is 0
 * @param count    how many
 * @param step     out: what to do next; may be the struct of the step before
 * @retval OMADM_OK              `step` is written
 * @retval OMADM_ERR_WRONG_CALL  nothing was asked
 * @retval OMADM_ERR_ANSWER      the question takes another answer, and is still open
 * @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
 * @retval OMADM_ERR_BUSY        called from a callback
 * @return another code from 1000 (misuse); the session stays where it is
 *
 * Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
 *
 * # Safety
 * The pointers lead to what the contract says.
 */
omadm_result_t omadm_answer_chosen(union omadm_client_t *client,
                                   const uint16_t *numbers,
                                   size_t count,
                                   struct omadm_step_t *step);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OMADM_H */
