/*
 * Every kind of wrong use of the C API that a call can see is answered with a result code: NULL, wrong order, misaligned,
 * overlapping and too small memory, re-entry from callbacks. Outputs stay as they were, and the object stays usable.
 *
 *     cargo rustc -p dm-ffi --crate-type staticlib --features xml,wbxml,md5
 *     gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -I include tests/misuse.c libdm_ffi.a -lpthread -ldl -lm
 *     ./a.out
 *
 * No arguments. Prints each expectation that failed; 0: none.
 */
#include "omadm.h"
#include "reference_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures, checks;

static void expect(unsigned long got, unsigned long wanted, int line, const char *what) {
    checks++;
    if (got == wanted) return;
    failures++;
    printf("line %d: %s is %lu, not %lu\n", line, what, got, wanted);
}
#define EXPECT(what, wanted) expect((unsigned long)(what), (unsigned long)(wanted), __LINE__, #what)

enum { RX = 2048, TX = 2048, NODES = 64 };

static omadm_client_t client;
static omadm_node_slot_t nodes[NODES];
static uint8_t rx[RX], tx[TX], work[256], pool[1024], value[256], store[2048], buf[64];
static omadm_step_t step;

/* What the callbacks do. */
static int random_fails, reenters;
static omadm_outcome_t handler_says;
static omadm_store_result_t store_says;
enum { STORE_LIES = 99 }; /* Every record is said to be longer than the space for it, and to be there all the same. */

#ifdef OMADM_FEATURE_BOOTSTRAP
static omadm_card_result_t no_card(void *user, uint8_t *to, size_t size, omadm_profile_t *profile, size_t *len) {
    (void)user, (void)to, (void)size, (void)profile, (void)len;
    return OMADM_CARD_EMPTY;
}
#endif

/* Calls everything that takes the object: from inside a callback each call is answered OMADM_ERR_BUSY. */
static void call_everything(omadm_result_t answer, omadm_result_t answer_of_init) {
    const omadm_config_t config = { .size = sizeof config };
    const omadm_received_t got = { 0 };
    omadm_step_t before, after;
    size_t len = 12345;

    memset(&before, 0xA5, sizeof before);
    after = before;
    EXPECT(omadm_init(&client, &config), answer_of_init);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DevInfo/Man"), "x", 1), answer);
    EXPECT(omadm_factory_acl(&client, OMADM_TEXT("./Vendor"), OMADM_TEXT("Get=*")), answer);
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./DevInfo/Man"), "x", 1), answer);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), buf, sizeof buf, &len), answer);
    EXPECT(omadm_start(&client, NULL, &after), answer);
    EXPECT(omadm_receive(&client, &got, &after), answer);
    EXPECT(omadm_failed(&client, OMADM_FAIL_LINK, 0, &after), answer);
    EXPECT(omadm_resume(&client, &after), answer);
    EXPECT(omadm_answer(&client, OMADM_ANSWER_YES, NULL, 0, &after), answer);
    EXPECT(omadm_abort(&client, &after), answer);
#ifdef OMADM_FEATURE_UI
    EXPECT(omadm_answer_chosen(&client, NULL, 0, &after), answer);
#endif
#ifdef OMADM_FEATURE_EVENTS
    EXPECT(omadm_raise(&client, NULL), answer);
    EXPECT(omadm_finish(&client, 1, NULL), answer);
    EXPECT(omadm_waiting(&client, &len), answer);
    EXPECT(omadm_forget_events(&client), answer);
#endif
#ifdef OMADM_FEATURE_NOTIFICATION
    {
        omadm_notice_t notice = { 0 };
        EXPECT(omadm_notified(&client, rx, 1, &notice), answer);
        EXPECT(omadm_start_notified(&client, &notice, &after), answer);
    }
    {
        omadm_notice_counts_t counts = { 0 };
        EXPECT(omadm_notice_counts(&client, &counts), answer);
    }
#endif
#ifdef OMADM_FEATURE_PROFILE13
    {
        omadm_notice_t notice = { 0 };
        EXPECT(omadm_notified13(&client, rx, 1, &notice), answer);
    }
#endif
#ifdef OMADM_FEATURE_ATOMIC
    EXPECT(omadm_begin(&client), answer);
    EXPECT(omadm_commit(&client), answer);
    EXPECT(omadm_roll_back(&client), answer);
#endif
    {
        const char *leaf = NULL;
        EXPECT(omadm_local_add(&client, OMADM_TEXT("./A"), OMADM_FORMAT_NONE, "x", 1), answer);
        EXPECT(omadm_local_add_node(&client, OMADM_TEXT("./A")), answer);
        EXPECT(omadm_local_delete(&client, OMADM_TEXT("./A")), answer);
        EXPECT(omadm_local_touched(&client, OMADM_TEXT("./DevInfo/Man")), answer);
        EXPECT(omadm_local_child(&client, OMADM_TEXT("."), 0, (char *)buf, sizeof buf, &len), answer);
        EXPECT(omadm_factory_node(&client, OMADM_TEXT("./A")), answer);
        EXPECT(omadm_factory_reset(&client), answer);
        EXPECT(omadm_check_device(&client, &leaf, &len), answer);
        EXPECT(leaf == NULL, 1);
    }
#ifdef OMADM_FEATURE_BOOTSTRAP
    {
        static omadm_bootstrap_t bootstrap;
        const omadm_document_t document = { 0 };
        omadm_applied_t applied;
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, &bootstrap), answer);
        EXPECT(omadm_bootstrap_prove(&client, &bootstrap, NULL, 0, NULL, 0), answer);
        EXPECT(omadm_bootstrap_changes(&client, &bootstrap, NULL, 0, NULL, NULL), answer);
        EXPECT(omadm_bootstrap_agree(&client, &bootstrap), answer);
        EXPECT(omadm_bootstrap_apply(&client, &bootstrap, NULL, 0, &applied), answer);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, buf, 1, work, 1, &applied), answer);
        EXPECT(omadm_card_remove(&client, NULL, 0), answer);
    }
#endif
#ifdef OMADM_FEATURE_REASONS
    {
        omadm_refusal_t refusal = { 0 };
        EXPECT(omadm_refusal(&client, 0, &refusal), answer);
    }
#endif
    EXPECT(omadm_close(&client), answer);
    EXPECT(len, 12345);
    EXPECT(memcmp(&before, &after, sizeof before), 0);
}

static void reenter(void) {
    if (reenters) call_everything(OMADM_ERR_BUSY, OMADM_ERR_BUSY);
}

static int draw(void *user, uint8_t *to, size_t size) {
    (void)user;
    reenter();
    memset(to, 7, size);
    return random_fails;
}

static uint64_t now(void *user) { (void)user; reenter(); return 1; }
static uint64_t utc(void *user) { (void)user; reenter(); return 0; }

static omadm_store_result_t store_read(void *user, uint32_t key, uint8_t *to, size_t size, size_t *len) {
    (void)user, (void)key, (void)to;
    reenter();
    if (store_says == OMADM_STORE_DONE) return OMADM_STORE_NONE;
    *len = size + 1;
    return store_says == STORE_LIES ? OMADM_STORE_DONE : store_says;
}

static omadm_store_result_t store_write(void *user, uint32_t key, const omadm_bytes_t *parts, size_t count) {
    size_t i;
    (void)user, (void)key;
    reenter();
    EXPECT(count <= OMADM_STORE_PARTS_MAX, 1);
    for (i = 0; i < count; i++) EXPECT(parts[i].size > 0 && parts[i].data != NULL, 1);
    return store_says;
}

static omadm_store_result_t store_erase(void *user, uint32_t key) {
    (void)user, (void)key;
    reenter();
    return store_says;
}

static omadm_outcome_t apn_get(void *user, const omadm_at_t *at, omadm_sink_t *out) {
    EXPECT(user == &failures, 1);
    EXPECT(at->id, REFERENCE_VENDOR_CFG_APN);
    EXPECT(at->path_len, 0);
    EXPECT(at->name_len == 3 && memcmp(at->name, "apn", 3) == 0, 1);
    reenter();
    EXPECT(omadm_put(NULL, "x", 1), OMADM_ERR_NULL);
    EXPECT(omadm_put(out, NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_put(out, NULL, 0), OMADM_OK);
    EXPECT(omadm_put(out, "net", 3), OMADM_OK);
    EXPECT(omadm_put_int(NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_put_int(out, 4294967296), OMADM_ERR_ARGUMENT);
    EXPECT(omadm_put_int(out, -2147483647 - 1), OMADM_OK);
    return handler_says;
}

static omadm_outcome_t apn_replace(void *user, const omadm_at_t *at, const omadm_value_t *v) {
    (void)user, (void)at;
    reenter();
    EXPECT(v->size == 3 && memcmp(v->data, "new", 3) == 0, 1);
    return handler_says;
}

static const omadm_handler_t apn_handler = { .get = apn_get, .replace = apn_replace };
static const omadm_handler_t nothing = { 0 };
static const omadm_mount_t mounts[] = {
    { REFERENCE_VENDOR_CFG_APN, &apn_handler, &failures },
    { REFERENCE_VENDOR_CFG_POLL, &nothing, NULL },
};
static const omadm_port_t port = { .random = draw, .now = now, .utc = utc };
static const omadm_port_t port_with_store = { draw, now, utc, store_read, store_write, store_erase };

/* A configuration that is right. */
static omadm_config_t good(void) {
    const omadm_config_t config = {
        .size = sizeof config, .schema = &reference_schema, .port = &port, .mounts = mounts, .mount_count = 2,
        .rx = rx, .rx_size = RX, .tx = tx, .tx_size = TX, .work = work, .work_size = sizeof work,
        .nodes = nodes, .node_count = NODES, .pool = pool, .pool_size = sizeof pool,
        .value = value, .value_size = sizeof value, .store = store, .store_size = sizeof store,
    };
    return config;
}

/* One change to it, and what omadm_init answers; the object must be as if nothing had happened. */
static void refused(const omadm_config_t *config, omadm_result_t wanted, int line) {
    size_t i;
    expect(omadm_init(&client, config), wanted, line, "omadm_init");
    expect(omadm_close(&client), OMADM_ERR_NOT_INITIALISED, line, "omadm_close");
    for (i = 0; i < sizeof client; i++) {
        if (client.opaque[i] != 0) {
            expect(client.opaque[i], 0, line, "an octet of the object");
            break;
        }
    }
}
#define REFUSED(change, wanted)                          \
    do {                                                 \
        omadm_config_t c = good();                       \
        change;                                          \
        refused(&c, wanted, __LINE__);                   \
    } while (0)

static void configurations(void) {
    static const omadm_port_t no_random = { .now = now }, no_clock = { .random = draw };
    static const omadm_port_t half_a_store = { .random = draw, .now = now, .store_read = store_read };
    static const omadm_schema_t no_nodes = { NULL, 0, NULL, 0 }, lost = { NULL, 4, NULL, 0 };
    static const omadm_schema_t cut = { reference_nodes, 3, reference_text, sizeof reference_text };
    static const omadm_schema_t cut_text = { reference_nodes, sizeof reference_nodes / sizeof reference_nodes[0],
                                             reference_text, 9 };
    static const omadm_mount_t no_handler[] = { { REFERENCE_VENDOR_CFG_APN, NULL, NULL } };
    static const omadm_mount_t nowhere[] = { { 60000, &apn_handler, NULL } };
    omadm_config_t c = good();
    void *odd;

    EXPECT(omadm_init(NULL, &c), OMADM_ERR_NULL);
    refused(NULL, OMADM_ERR_NULL, __LINE__);
    odd = (uint8_t *)&client + 1;
    EXPECT(omadm_init(odd, &c), OMADM_ERR_ALIGNMENT);
    odd = (uint8_t *)&c + 1;
    refused(odd, OMADM_ERR_ALIGNMENT, __LINE__);

    REFUSED(c.size--, OMADM_ERR_CONFIG_SIZE);
    REFUSED(c.size = 0, OMADM_ERR_CONFIG_SIZE);
    REFUSED(c.schema = NULL, OMADM_ERR_NULL);
    REFUSED(c.schema = &no_nodes, OMADM_ERR_SCHEMA);
    REFUSED(c.schema = &lost, OMADM_ERR_NULL);
    REFUSED(c.schema = &cut, OMADM_ERR_SCHEMA);
    REFUSED(c.schema = &cut_text, OMADM_ERR_SCHEMA);
    REFUSED(c.port = NULL, OMADM_ERR_NULL);
    REFUSED(c.port = &no_random, OMADM_ERR_PORT);
    REFUSED(c.port = &no_clock, OMADM_ERR_PORT);
    REFUSED(c.port = &half_a_store, OMADM_ERR_PORT);
    REFUSED(c.mounts = NULL, OMADM_ERR_NULL);
    REFUSED((c.mounts = no_handler, c.mount_count = 1), OMADM_ERR_MOUNT);
    REFUSED((c.mounts = nowhere, c.mount_count = 1), OMADM_ERR_MOUNT);
    REFUSED(c.mount_count = SIZE_MAX, OMADM_ERR_RANGE);
    REFUSED(c.encoding = 2, OMADM_ERR_ARGUMENT);
    REFUSED(c.policy.weakest = 3, OMADM_ERR_ARGUMENT);
    REFUSED(c.policy.server_proof = 3, OMADM_ERR_ARGUMENT);

    REFUSED(c.rx = NULL, OMADM_ERR_NULL);
    REFUSED(c.tx = NULL, OMADM_ERR_NULL);
    REFUSED(c.nodes = NULL, OMADM_ERR_NULL);
    REFUSED(c.pool = NULL, OMADM_ERR_NULL);
    REFUSED(c.value = NULL, OMADM_ERR_NULL);
    REFUSED(c.store = NULL, OMADM_ERR_NULL);
    REFUSED(c.rx_size = SIZE_MAX, OMADM_ERR_RANGE);
    REFUSED(c.tx_size = SIZE_MAX / 2 + 1, OMADM_ERR_RANGE);
    REFUSED(c.node_count = SIZE_MAX / 8, OMADM_ERR_RANGE);
    REFUSED((odd = rx + 1, c.nodes = odd), OMADM_ERR_ALIGNMENT);

    REFUSED(c.tx = rx, OMADM_ERR_OVERLAP);
    REFUSED(c.work = rx + RX - 1, OMADM_ERR_OVERLAP);
    REFUSED(c.pool = (uint8_t *)nodes, OMADM_ERR_OVERLAP);
    REFUSED((c.objects = rx, c.objects_size = 1), OMADM_ERR_OVERLAP);
    REFUSED((c.refusals = NULL, c.refusal_count = 1), OMADM_ERR_NULL);
    REFUSED((c.objects = NULL, c.objects_size = 1), OMADM_ERR_NULL);
    REFUSED(c.value = client.opaque + sizeof client - 1, OMADM_ERR_OVERLAP);

    REFUSED(c.rx_size = 1535, OMADM_ERR_RX_TOO_SMALL);
    REFUSED((c.rx = NULL, c.rx_size = 0), OMADM_ERR_RX_TOO_SMALL);
    REFUSED(c.work_size = 2 * OMADM_MOUNT_SIZE - 1, OMADM_ERR_WORK_TOO_SMALL);
    REFUSED((c.work = NULL, c.work_size = 0), OMADM_ERR_WORK_TOO_SMALL);
    REFUSED(c.node_count = 5, OMADM_ERR_FULL);
    REFUSED((c.nodes = NULL, c.node_count = 0), OMADM_ERR_FULL);
    REFUSED((c.port = &port_with_store, store_says = OMADM_STORE_FAILED), OMADM_ERR_STORE);
    REFUSED((c.port = &port_with_store, store_says = STORE_LIES), OMADM_ERR_STORE);
    store_says = OMADM_STORE_DONE;

    /* What the library cannot do may not be asked for. */
    if ((omadm_features() & OMADM_HAS_UI) == 0) REFUSED(c.has_user = 1, OMADM_ERR_FEATURE);
    if ((omadm_features() & OMADM_HAS_REASONS) == 0) {
        static omadm_refusal_slot_t slots[1];
        REFUSED((c.refusals = slots, c.refusal_count = 1), OMADM_ERR_FEATURE);
    }
    if ((omadm_features() & OMADM_HAS_LARGE_OBJECT) == 0) REFUSED(c.max_obj_size = 1, OMADM_ERR_FEATURE);
    if ((omadm_features() & OMADM_HAS_SHA256) == 0) REFUSED(c.policy.weakest = OMADM_STRENGTH_SHA256, OMADM_ERR_FEATURE);

    /* What is not needed may be missing; `work` needs no alignment of its own. */
    c = good();
    c.mounts = NULL, c.mount_count = 0, c.work = NULL, c.work_size = 0, c.rx_size = 1536;
    EXPECT(omadm_init(&client, &c), OMADM_OK);
    EXPECT(omadm_close(&client), OMADM_OK);
    c = good();
    c.work++, c.work_size = 2 * OMADM_MOUNT_SIZE + 7;
    EXPECT(omadm_init(&client, &c), OMADM_OK);
    EXPECT(omadm_close(&client), OMADM_OK);
}

static void null_objects(void) {
    const omadm_received_t got = { 0 };
    size_t len;
    EXPECT(omadm_factory_set(NULL, OMADM_TEXT("./DevInfo/Man"), "x", 1), OMADM_ERR_NULL);
    EXPECT(omadm_factory_acl(NULL, OMADM_TEXT("./Vendor"), OMADM_TEXT("Get=*")), OMADM_ERR_NULL);
    EXPECT(omadm_local_set(NULL, OMADM_TEXT("./DevInfo/Man"), "x", 1), OMADM_ERR_NULL);
    EXPECT(omadm_local_get(NULL, OMADM_TEXT("./DevInfo/Man"), buf, sizeof buf, &len), OMADM_ERR_NULL);
    EXPECT(omadm_start(NULL, NULL, &step), OMADM_ERR_NULL);
    EXPECT(omadm_receive(NULL, &got, &step), OMADM_ERR_NULL);
    EXPECT(omadm_failed(NULL, OMADM_FAIL_LINK, 0, &step), OMADM_ERR_NULL);
    EXPECT(omadm_resume(NULL, &step), OMADM_ERR_NULL);
    EXPECT(omadm_answer(NULL, OMADM_ANSWER_YES, NULL, 0, &step), OMADM_ERR_NULL);
    EXPECT(omadm_abort(NULL, &step), OMADM_ERR_NULL);
#ifdef OMADM_FEATURE_UI
    EXPECT(omadm_answer_chosen(NULL, NULL, 0, &step), OMADM_ERR_NULL);
#endif
    EXPECT(omadm_close(NULL), OMADM_ERR_NULL);
    EXPECT(omadm_detail(NULL), 0);
}

/* Pushes and bootstraps: NULL, misaligned, unknown numbers, and steps that are not due. */
static void doors(void) {
#ifdef OMADM_FEATURE_PUSH
    {
        static const uint8_t pdu[] = { 1, 6, 3, 0xC4, 0xAF, 0x87, 0 };
        omadm_push_t push[2], *crooked = (omadm_push_t *)((uint8_t *)push + 1);
        EXPECT(omadm_push_datagram(2948, pdu, sizeof pdu, push), OMADM_OK);
        EXPECT(push->body_size, 1);
        EXPECT(omadm_push_datagram(2948, pdu, sizeof pdu, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_push_datagram(2948, NULL, 1, push), OMADM_ERR_NULL);
        EXPECT(omadm_push_datagram(2948, pdu, SIZE_MAX, push), OMADM_ERR_RANGE);
        EXPECT(omadm_push_datagram(2948, pdu, sizeof pdu, crooked), OMADM_ERR_ALIGNMENT);
        EXPECT(omadm_push_datagram(2949, pdu, sizeof pdu, push), OMADM_ERR_PUSH_OTHER);
        EXPECT(omadm_push_datagram(2948, NULL, 0, push), OMADM_ERR_PUSH_MALFORMED);
        {
            static omadm_inbox_t inbox, moved;
            omadm_inbox_t *askew = (omadm_inbox_t *)((uint8_t *)&inbox + 1);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 0, pdu, sizeof pdu, 0, push), OMADM_ERR_NOT_INITIALISED);
            EXPECT(omadm_inbox_init(NULL, NULL, 0), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_init(askew, NULL, 0), OMADM_ERR_ALIGNMENT);
            EXPECT(omadm_inbox_init(&inbox, NULL, 1), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_init(&inbox, rx, SIZE_MAX), OMADM_ERR_RANGE);
            EXPECT(omadm_inbox_init(&inbox, NULL, 0), OMADM_OK);
            moved = inbox;
            EXPECT(omadm_inbox_sms(&moved, NULL, 0, pdu, sizeof pdu, 0, push), OMADM_ERR_NOT_INITIALISED);
            EXPECT(omadm_inbox_sms(NULL, NULL, 0, pdu, sizeof pdu, 0, push), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 1, pdu, sizeof pdu, 0, push), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 0, NULL, 1, 0, push), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 0, pdu, sizeof pdu, 0, NULL), OMADM_ERR_NULL);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 0, pdu, sizeof pdu, 0, crooked), OMADM_ERR_ALIGNMENT);
            EXPECT(omadm_inbox_sms(&inbox, NULL, 0, pdu, sizeof pdu, 0, push) / 100, OMADM_ERR_PUSH / 100);
        }
        EXPECT(omadm_push_put(NULL, 1, push), OMADM_ERR_NULL);
        EXPECT(omadm_push_put(pdu, sizeof pdu, push) / 100, OMADM_ERR_PUSH / 100);
        EXPECT(omadm_push_typed(NULL, 1, pdu, sizeof pdu, push), OMADM_ERR_NULL);
        EXPECT(omadm_push_typed(OMADM_TEXT("text/plain"), NULL, 1, push), OMADM_ERR_NULL);
        EXPECT(omadm_push_typed(OMADM_TEXT("text/plain"), pdu, sizeof pdu, push), OMADM_ERR_PUSH_CONTENT_TYPE);
    }
#endif
#ifdef OMADM_FEATURE_BOOTSTRAP
    {
        static omadm_bootstrap_t bootstrap, never;
        omadm_bootstrap_t *crooked = (omadm_bootstrap_t *)((uint8_t *)&bootstrap + 1);
        omadm_document_t document = { .data = buf, .size = 4, .origin = OMADM_ORIGIN_FACTORY };
        omadm_applied_t applied;
        omadm_needs_t needs = 77;
        EXPECT(omadm_bootstrap_open(NULL, &document, NULL, &bootstrap), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_open(&client, NULL, NULL, &bootstrap), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, crooked), OMADM_ERR_ALIGNMENT);
        document.data = NULL;
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, &bootstrap), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_needs(&bootstrap, &needs), OMADM_ERR_NOT_INITIALISED);
        document.data = buf, document.origin = 77;
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, &bootstrap), OMADM_ERR_ARGUMENT);
        document.origin = OMADM_ORIGIN_SECURED, document.peer = "\xff", document.peer_len = 1;
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, &bootstrap), OMADM_ERR_UTF8);
        document.origin = OMADM_ORIGIN_FACTORY;
        EXPECT(omadm_bootstrap_open(&client, &document, NULL, &bootstrap), OMADM_OK);
        EXPECT(omadm_bootstrap_needs(NULL, &needs), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_needs(&bootstrap, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_needs(&never, &needs), OMADM_ERR_NOT_INITIALISED);
        EXPECT(needs, 77);
        EXPECT(omadm_bootstrap_needs(&bootstrap, &needs), OMADM_OK);
        EXPECT(needs, 0);
        EXPECT(omadm_bootstrap_prove(&client, &bootstrap, NULL, 1, NULL, 0), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_prove(&client, &bootstrap, NULL, 0, NULL, 1), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_prove(&client, &never, NULL, 0, NULL, 0), OMADM_ERR_NOT_INITIALISED);
        EXPECT(omadm_bootstrap_changes(&client, &bootstrap, buf, sizeof buf, NULL, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_agree(&client, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_agree(&client, &never), OMADM_ERR_NOT_INITIALISED);
        EXPECT(omadm_bootstrap_apply(&client, &bootstrap, NULL, 1, &applied), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_apply(&client, &bootstrap, NULL, 0, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_bootstrap_apply(&client, &bootstrap, NULL, 0, &applied) / 100, OMADM_ERR_BOOT / 100);
        EXPECT(omadm_bootstrap_apply(&client, &never, NULL, 0, &applied), OMADM_ERR_NOT_INITIALISED);
    }
    {
        omadm_applied_t applied;
        static omadm_server_t servers[OMADM_BOOTSTRAP_ACCOUNTS + 1];
        uint8_t data[16], scratch[16], key[OMADM_IMSI_SIZE];
        size_t len = 77;
        EXPECT(omadm_card_apply(NULL, no_card, NULL, NULL, data, 16, scratch, 16, &applied), OMADM_ERR_NULL);
        EXPECT(omadm_card_apply(&client, NULL, NULL, NULL, data, 16, scratch, 16, &applied), OMADM_ERR_NULL);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, NULL, 16, scratch, 16, &applied), OMADM_ERR_NULL);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, data, 16, NULL, 16, &applied), OMADM_ERR_NULL);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, data, 16, scratch, 16, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, data, SIZE_MAX, scratch, 16, &applied), OMADM_ERR_RANGE);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, data, 16, data + 15, 1, &applied), OMADM_ERR_OVERLAP);
        EXPECT(omadm_card_apply(&client, no_card, NULL, NULL, NULL, 0, NULL, 0, &applied), OMADM_OK);
        EXPECT(applied.server_count, 0);
        EXPECT(omadm_card_remove(NULL, NULL, 0), OMADM_ERR_NULL);
        EXPECT(omadm_card_remove(&client, NULL, 1), OMADM_ERR_NULL);
        EXPECT(omadm_card_remove(&client, servers, OMADM_BOOTSTRAP_ACCOUNTS + 1), OMADM_ERR_ARGUMENT);
        EXPECT(omadm_card_remove(&client, servers, SIZE_MAX), OMADM_ERR_ARGUMENT);
        servers[0].id_len = OMADM_SERVER_ID_MAX + 1;
        EXPECT(omadm_card_remove(&client, servers, 1), OMADM_ERR_ARGUMENT);
        EXPECT(omadm_card_remove(&client, NULL, 0), OMADM_OK);
        EXPECT(omadm_imsi(NULL, 1, key, &len), OMADM_ERR_NULL);
        EXPECT(omadm_imsi(OMADM_TEXT("1"), NULL, &len), OMADM_ERR_NULL);
        EXPECT(omadm_imsi(OMADM_TEXT("1"), key, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_imsi(NULL, 0, key, &len), OMADM_ERR_ARGUMENT);
        EXPECT(omadm_imsi(OMADM_TEXT("\xff"), key, &len), OMADM_ERR_UTF8);
        EXPECT(len, 77);
    }
#endif
}

static void tree_arguments(void) {
    size_t len = 1;
    EXPECT(omadm_factory_set(&client, NULL, 4, "x", 1), OMADM_ERR_NULL);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DevInfo/Man"), NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DevInfo/\xff"), "x", 1), OMADM_ERR_UTF8);
    EXPECT(omadm_factory_set(&client, "./DevInfo/Man", SIZE_MAX, "x", 1), OMADM_ERR_RANGE);
    EXPECT(omadm_factory_set(&client, NULL, 0, "x", 1) / 1000, 4);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./Nowhere"), "x", 1), OMADM_ERR_NOT_DESCRIBED);
    EXPECT(omadm_detail(&client), 405);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DevInfo/Man"), NULL, 0), OMADM_OK);
    EXPECT(omadm_detail(&client), 0);
    EXPECT(omadm_factory_acl(&client, OMADM_TEXT("./Vendor"), OMADM_TEXT("Get")), OMADM_ERR_ACL);
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./DMAcc/none/Name"), "x", 1), OMADM_ERR_NO_SUCH_NODE);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), buf, sizeof buf, NULL), OMADM_ERR_NULL);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), NULL, 4, &len), OMADM_ERR_NULL);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/None"), buf, sizeof buf, &len), OMADM_ERR_NO_SUCH_NODE);
    EXPECT(len, 1);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), NULL, 0, &len), OMADM_OK);
    EXPECT(len, 0);
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./DevInfo/Man"), "Maker", 5), OMADM_OK);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), buf, 4, &len), OMADM_ERR_TOO_LARGE);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./DevInfo/Man"), buf, 5, &len), OMADM_OK);
    EXPECT(len == 5 && memcmp(buf, "Maker", 5) == 0, 1);

    len = 77;
    EXPECT(omadm_local_add(&client, NULL, 4, OMADM_FORMAT_NONE, "x", 1), OMADM_ERR_NULL);
    EXPECT(omadm_local_add(&client, OMADM_TEXT("./Nowhere"), OMADM_FORMAT_NONE, NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_local_add(&client, OMADM_TEXT("./Nowhere"), 77, "x", 1), OMADM_ERR_ARGUMENT);
    EXPECT(omadm_local_add(&client, OMADM_TEXT("./Nowhere"), OMADM_FORMAT_NONE, NULL, 0), OMADM_ERR_NOT_DESCRIBED);
    EXPECT(omadm_local_add(&client, NULL, 0, OMADM_FORMAT_NONE, "x", 1) / 1000, 4);
    EXPECT(omadm_local_add(&client, OMADM_TEXT("./DevInfo/Man"), OMADM_FORMAT_CHR, "x", 1), OMADM_ERR_EXISTS);
    EXPECT(omadm_local_add_node(&client, NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_local_add_node(&client, OMADM_TEXT("\xff")), OMADM_ERR_UTF8);
    EXPECT(omadm_local_delete(&client, NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_local_delete(&client, NULL, 0) / 1000, 4);
    EXPECT(omadm_local_delete(&client, OMADM_TEXT(".")) / 1000, 4);
    EXPECT(omadm_local_touched(&client, OMADM_TEXT("./Nowhere")), OMADM_ERR_NO_SUCH_NODE);
    EXPECT(omadm_local_child(&client, OMADM_TEXT("."), 0, (char *)buf, sizeof buf, NULL), OMADM_ERR_NULL);
    EXPECT(omadm_local_child(&client, OMADM_TEXT("."), 0, NULL, 1, &len), OMADM_ERR_NULL);
    EXPECT(omadm_local_child(&client, NULL, 1, 0, (char *)buf, sizeof buf, &len), OMADM_ERR_NULL);
    EXPECT(omadm_local_child(&client, OMADM_TEXT("."), SIZE_MAX, (char *)buf, sizeof buf, &len), OMADM_ERR_NO_SUCH_NODE);
    EXPECT(omadm_factory_node(&client, NULL, 1), OMADM_ERR_NULL);
    EXPECT(omadm_factory_node(&client, OMADM_TEXT("./Nowhere")), OMADM_ERR_NOT_DESCRIBED);
    EXPECT(omadm_factory_reset(NULL), OMADM_ERR_NULL);
    EXPECT(omadm_check_device(&client, NULL, &len), OMADM_ERR_NULL);
    EXPECT(omadm_check_device(NULL, NULL, NULL), OMADM_ERR_NULL);
    EXPECT(len, 77);
#ifdef OMADM_FEATURE_ATOMIC
    EXPECT(omadm_begin(NULL), OMADM_ERR_NULL);
    EXPECT(omadm_commit(&client), OMADM_OK);
    EXPECT(omadm_roll_back(&client), OMADM_OK);
    EXPECT(omadm_begin(&client), OMADM_OK);
    EXPECT(omadm_begin(&client), OMADM_ERR_NOT_READY);
    EXPECT(omadm_factory_reset(&client), OMADM_ERR_NOT_READY);
    EXPECT(omadm_roll_back(&client), OMADM_OK);
#endif

    handler_says = OMADM_DONE;
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./Vendor/cfg/apn"), buf, sizeof buf, &len), OMADM_OK);
    EXPECT(len == 14 && memcmp(buf, "net-2147483648", 14) == 0, 1);
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./Vendor/cfg/apn"), "new", 3), OMADM_OK);
    handler_says = OMADM_NOT_YET;
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./Vendor/cfg/apn"), "new", 3), OMADM_ERR_NOT_READY);
    handler_says = 409;
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./Vendor/cfg/apn"), "new", 3), OMADM_ERR_HANDLER);
    EXPECT(omadm_detail(&client), 409);
    handler_says = 12;
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./Vendor/cfg/apn"), "new", 3), OMADM_ERR_HANDLER);
    EXPECT(omadm_detail(&client), 500);
    handler_says = OMADM_DONE;
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./Vendor/cfg/poll"), buf, sizeof buf, &len) / 1000, 4);
    EXPECT(omadm_detail(&client), 405);
}

/* No session, or one that waits for an answer: what does not belong there changes nothing. */
static void session_order(void) {
    omadm_received_t got = { 0 };
    omadm_trigger_t trigger = { "\xff", 1, 0 };
    omadm_config_t small = good();

    EXPECT(omadm_receive(&client, &got, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_failed(&client, OMADM_FAIL_LINK, 0, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_resume(&client, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_answer(&client, OMADM_ANSWER_YES, NULL, 0, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_abort(&client, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_start(&client, NULL, &step), OMADM_ERR_NO_ACCOUNT);
#ifdef OMADM_FEATURE_EVENTS
    {
        omadm_event_t event = { 0 };
        EXPECT(omadm_raise(&client, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_EVENT);
        event.type_name_len = 1;
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_NULL);
        event.type_name = "a", event.format = OMADM_FORMAT_NONE;
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_ARGUMENT);
        event.format = OMADM_FORMAT_CHR, event.kind = 3;
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_ARGUMENT);
        event.kind = OMADM_EVENT_CLIENT, event.data_size = 1000, event.data = rx;
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_EVENT);
        event.format = OMADM_FORMAT_BIN;
        EXPECT(omadm_raise(&client, &event), OMADM_ERR_EVENT_TOO_LARGE);
        EXPECT(omadm_finish(&client, 0, &event), OMADM_ERR_TICKET);
        EXPECT(omadm_waiting(&client, NULL), OMADM_ERR_NULL);
    }
#endif
#ifdef OMADM_FEATURE_NOTIFICATION
    {
        omadm_notice_t notice = { 0 };
        EXPECT(omadm_notified(&client, NULL, 1, &notice), OMADM_ERR_NULL);
        EXPECT(omadm_notified(&client, rx, 30, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_notified(&client, NULL, 0, &notice), OMADM_ERR_NOTICE_MALFORMED);
        EXPECT(omadm_start_notified(&client, NULL, &step), OMADM_ERR_NULL);
        notice.ui_mode = 4;
        EXPECT(omadm_start_notified(&client, &notice, &step), OMADM_ERR_ARGUMENT);
        notice.ui_mode = 0, notice.nonce_size = 1;
        EXPECT(omadm_start_notified(&client, &notice, &step), OMADM_ERR_NULL);
#ifdef OMADM_FEATURE_PROFILE13
        {
            omadm_options_t options[2], *crooked = (omadm_options_t *)((uint8_t *)options + 1);
            notice.nonce_size = 0, notice.options_size = 1;
            EXPECT(omadm_start_notified(&client, &notice, &step), OMADM_ERR_NULL);
            EXPECT(omadm_notice_options(&notice, options), OMADM_ERR_NULL);
            EXPECT(omadm_notice_options(NULL, options), OMADM_ERR_NULL);
            EXPECT(omadm_notice_options(&notice, NULL), OMADM_ERR_NULL);
            EXPECT(omadm_notice_options(&notice, crooked), OMADM_ERR_ALIGNMENT);
            /* Octets that are no options hold none. */
            notice.options = rx, notice.options_size = sizeof rx;
            memset(rx, 0xFF, sizeof rx);
            EXPECT(omadm_notice_options(&notice, options), OMADM_OK);
            EXPECT(options->requested_count + options->targeted_count + options->bearer_count, 0);
            EXPECT(options->reason == NULL && options->has_expiration == 0, 1);
            notice.options = NULL, notice.options_size = 0;
            EXPECT(omadm_notice_options(&notice, options), OMADM_OK);
            EXPECT(omadm_notified13(&client, NULL, 1, &notice), OMADM_ERR_NULL);
            EXPECT(omadm_notified13(&client, rx, 30, NULL), OMADM_ERR_NULL);
            EXPECT(omadm_notified13(&client, NULL, 0, &notice), OMADM_ERR_NOTICE_MALFORMED);
        }
#endif
    }
#endif
#ifdef OMADM_FEATURE_REASONS
    {
        omadm_refusal_t refusal = { 0 };
        EXPECT(omadm_refusal(&client, 0, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_refusal(&client, 0, &refusal), OMADM_ERR_ARGUMENT);
    }
#endif
#ifdef OMADM_FEATURE_UI
    {
        static const uint16_t numbers[2] = { 1, 2 };
        const void *odd = (const uint8_t *)numbers + 1;
        omadm_question_t question = { 0 };
        const char *text = NULL;
        size_t len = 0;
        EXPECT(omadm_answer_chosen(&client, NULL, 1, &step), OMADM_ERR_NULL);
        EXPECT(omadm_answer_chosen(&client, odd, 1, &step), OMADM_ERR_ALIGNMENT);
        EXPECT(omadm_answer_chosen(&client, numbers, SIZE_MAX, &step), OMADM_ERR_ANSWER);
        EXPECT(omadm_answer_chosen(&client, numbers, 1, &step), OMADM_ERR_WRONG_CALL);
        EXPECT(omadm_choice(NULL, 1, &text, &len), OMADM_ERR_NULL);
        EXPECT(omadm_choice(&question, 1, NULL, &len), OMADM_ERR_NULL);
        EXPECT(omadm_choice(&question, 1, &text, NULL), OMADM_ERR_NULL);
        EXPECT(omadm_choice(&question, 1, &text, &len), OMADM_ERR_ARGUMENT);
        question.choices_size = 1;
        EXPECT(omadm_choice(&question, 1, &text, &len), OMADM_ERR_NULL);
    }
#endif

    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DevInfo/DevId"), "d", 1), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/AppID"), "w7", 2), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/ServerID"), "srv", 3), OMADM_OK);
    /* A library of the 1.3 profile would try the other version first. */
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/Ext/OmaDm/Version"), "1.2", 3), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/AppAddr/1/Addr"), "http://s", 8), OMADM_OK);
    EXPECT(omadm_start(&client, &trigger, &step), OMADM_ERR_UTF8);
    trigger.server_id = "other", trigger.server_id_len = 5;
    EXPECT(omadm_start(&client, &trigger, &step), OMADM_ERR_NO_ACCOUNT);
    trigger.server_id = NULL;
    EXPECT(omadm_start(&client, &trigger, &step), OMADM_ERR_NULL);
    EXPECT(omadm_start(&client, NULL, NULL), OMADM_ERR_NULL);
    random_fails = 1;
    EXPECT(omadm_start(&client, NULL, &step), OMADM_ERR_RANDOM);
    random_fails = 0;

    EXPECT(omadm_start(&client, NULL, &step), OMADM_OK);
    EXPECT(step.kind, OMADM_STEP_SEND);
    EXPECT(step.uri_len == 8 && memcmp(step.uri, "http://s", 8) == 0, 1);
    EXPECT(step.space >= rx && step.space + step.space_size <= rx + RX && step.space_size == RX - 512, 1);
    EXPECT(step.body >= tx && step.body + step.body_len <= tx + TX && step.body_len > 0, 1);
    EXPECT(omadm_resume(&client, &step), OMADM_ERR_WRONG_CALL);
    EXPECT(omadm_answer(&client, 77, NULL, 0, &step), OMADM_ERR_ARGUMENT);
    EXPECT(omadm_answer(&client, OMADM_ANSWER_TEXT, NULL, 3, &step), OMADM_ERR_NULL);
    EXPECT(omadm_receive(&client, NULL, &step), OMADM_ERR_NULL);
    EXPECT(omadm_receive(&client, &got, NULL), OMADM_ERR_NULL);
    EXPECT(omadm_failed(&client, 77, 0, &step), OMADM_ERR_ARGUMENT);
    got.len = step.space_size + 1;
    EXPECT(omadm_receive(&client, &got, &step), OMADM_ERR_LENGTH);
    got.len = SIZE_MAX;
    EXPECT(omadm_receive(&client, &got, &step), OMADM_ERR_LENGTH);
    got.len = 0, got.peer_len = 3;
    EXPECT(omadm_receive(&client, &got, &step), OMADM_ERR_NULL);
    EXPECT(step.kind, OMADM_STEP_SEND);

    EXPECT(omadm_failed(&client, OMADM_FAIL_HTTP, 502, &step), OMADM_OK);
    EXPECT(step.kind, OMADM_STEP_DONE);
    EXPECT(step.report.result, OMADM_ERR_HTTP);
    EXPECT(step.report.detail, 502);
    EXPECT(step.body == NULL && step.space == NULL && step.space_size == 0, 1);
    EXPECT(omadm_failed(&client, OMADM_FAIL_LINK, 0, &step), OMADM_ERR_WRONG_CALL);

    EXPECT(omadm_start(&client, NULL, &step), OMADM_OK);
    got.peer_len = 0;
    EXPECT(omadm_receive(&client, &got, &step), OMADM_OK);
    EXPECT(step.report.result, OMADM_ERR_NO_ANSWER);
    EXPECT(omadm_start(&client, NULL, &step), OMADM_OK);
    memset(step.space, 0, got.len = step.space_size);
    EXPECT(omadm_receive(&client, &got, &step), OMADM_OK);
    EXPECT(step.report.result, OMADM_ERR_UNREADABLE);

    /* The object is in use, closed, moved. */
    EXPECT(omadm_init(&client, &small), OMADM_ERR_WRONG_CALL);
    {
        static omadm_client_t moved;
        moved = client;
        EXPECT(omadm_start(&moved, NULL, &step), OMADM_ERR_NOT_INITIALISED);
        EXPECT(omadm_close(&moved), OMADM_ERR_NOT_INITIALISED);
    }
    EXPECT(omadm_close(&client), OMADM_OK);
    EXPECT(omadm_close(&client), OMADM_ERR_NOT_INITIALISED);

    small.tx_size = 40;
    EXPECT(omadm_init(&client, &small), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/AppID"), "w7", 2), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/ServerID"), "srv", 3), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/AppAddr/1/Addr"), "http://s", 8), OMADM_OK);
    EXPECT(omadm_start(&client, NULL, &step), OMADM_ERR_TX_TOO_SMALL);
    EXPECT(omadm_detail(&client) > 40 && omadm_detail(&client) < TX, 1);
    EXPECT(omadm_close(&client), OMADM_OK);
}

/* Every callback calls everything. */
static void reentry(void) {
    omadm_config_t config = good();
    size_t len;

    config.port = &port_with_store;
    config.store = NULL, config.store_size = 0;
    reenters = 1;
    EXPECT(omadm_init(&client, &config), OMADM_OK);
    EXPECT(omadm_factory_set(&client, OMADM_TEXT("./DMAcc/srv/ServerID"), "srv", 3), OMADM_OK);
    EXPECT(omadm_local_get(&client, OMADM_TEXT("./Vendor/cfg/apn"), buf, sizeof buf, &len), OMADM_OK);
    EXPECT(omadm_local_set(&client, OMADM_TEXT("./Vendor/cfg/apn"), "new", 3), OMADM_OK);
    EXPECT(omadm_start(&client, NULL, &step), OMADM_ERR_NO_ACCOUNT);
    EXPECT(omadm_close(&client), OMADM_OK);
    reenters = 0;
}

int main(void) {
    omadm_config_t config = good();

    EXPECT(strlen(omadm_version()) >= 5, 1);
    null_objects();
    call_everything(OMADM_ERR_NOT_INITIALISED, OMADM_ERR_NULL);
    configurations();
    EXPECT(omadm_init(&client, &config), OMADM_OK);
    doors();
    tree_arguments();
    session_order();
    reentry();
    printf("%u of %u expectations failed\n", failures, checks);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
