/*
 * The reference session through the C API: a client in caller memory whose sizes are chosen at run time, one value behind
 * a handler, and the pull loop. The server's messages are files.
 *
 *     cargo rustc -p dm-ffi --crate-type staticlib --features xml,wbxml,md5
 *     gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -I include tests/reference.c libdm_ffi.a -lpthread -ldl -lm
 *     ./a.out [wbxml|xml [MESSAGES [OUT]]]
 *
 * MESSAGES is the folder of m2-server-10get-5replace.* and m4-server-final.* (../../tests/corpus/reference-session unless
 * given); the client's messages are written to OUT as m1.* and m3.* when it is given. Prints the size of each message;
 * 0: the session went to its regular end and every command of the server was executed.
 */
#include "omadm.h"
#include "reference_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char apn[64] = "before";

static omadm_outcome_t apn_get(void *user, const omadm_at_t *at, omadm_sink_t *out) {
    (void)at;
    return omadm_put(out, user, strlen(user)) == OMADM_OK ? OMADM_DONE : 500u;
}

static omadm_outcome_t apn_replace(void *user, const omadm_at_t *at, const omadm_value_t *value) {
    (void)at;
    if (value->size >= sizeof apn) return 413u;
    memcpy(user, value->data, value->size);
    ((char *)user)[value->size] = '\0';
    return OMADM_DONE;
}

static int draw(void *user, uint8_t *buf, size_t size) { (void)user; memset(buf, 0x5A, size); return 0; }
static uint64_t now(void *user) { (void)user; return 0; }

static const omadm_handler_t apn_handler = { .get = apn_get, .replace = apn_replace };
static const omadm_mount_t mounts[] = { { REFERENCE_VENDOR_CFG_APN, &apn_handler, apn } };
static const omadm_port_t port = { .random = draw, .now = now };
static const char *const seeds[][2] = {
    { "./DevInfo/DevId", "IMEI:004999010640000" }, { "./DevInfo/Man", "Example Meters" }, { "./DevInfo/Mod", "EM-200" },
    { "./DevInfo/DmV", "1.2" }, { "./DevInfo/Lang", "en-GB" }, { "./DevDetail/DevTyp", "meter" },
    { "./DevDetail/OEM", "Example Meters" }, { "./DevDetail/FwV", "4.7.1" }, { "./DevDetail/SwV", "2026.03" },
    { "./DevDetail/HwV", "C" }, { "./DMAcc/srv/AppID", "w7" }, { "./DMAcc/srv/ServerID", "srv" },
    { "./DMAcc/srv/AppAddr/1/Addr", "http://dm.example.test/srv" }, { "./DMAcc/srv/AppAddr/1/AddrType", "URI" },
    { "./DMAcc/srv/AppAuth/1/AAuthLevel", "CLCRED" }, { "./DMAcc/srv/AppAuth/1/AAuthType", "BASIC" },
    { "./DMAcc/srv/AppAuth/1/AAuthName", "device-7" }, { "./DMAcc/srv/AppAuth/1/AAuthSecret", "device-secret" },
    { "./DMAcc/srv/Ext/OmaDm/ServerAuth", "transport" }, { "./DMAcc/srv/Ext/OmaDm/Version", "1.2" },
};

static const char *encoding = "wbxml", *messages = "../../tests/corpus/reference-session", *out;

static FILE *file(const char *folder, const char *name, const char *mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, encoding);
    return fopen(path, mode);
}

/* The network: keeps what is sent, answers with the next message of the server. */
static int post(const omadm_step_t *step, unsigned message, omadm_received_t *got) {
    static const char *const answers[] = { "m2-server-10get-5replace", "m4-server-final" };
    static const char *const requests[] = { "m1", "m3" };
    FILE *answer, *request = out != NULL && message < 2 ? file(out, requests[message], "wb") : NULL;
    printf("to %.*s, %.*s: %lu octets\n", (int)step->uri_len, step->uri, (int)step->content_type_len, step->content_type,
           (unsigned long)step->body_len);
    if (out != NULL && (request == NULL || fwrite(step->body, 1, step->body_len, request) != step->body_len)) return -1;
    if (request != NULL && fclose(request) != 0) return -1;
    if (message > 1 || (answer = file(messages, answers[message], "rb")) == NULL) return -1;
    got->len = fread(step->space, 1, step->space_size, answer);
    got->peer = "dm.example.test";
    got->peer_len = strlen(got->peer);
    return fclose(answer);
}

int main(int argc, char **argv) {
    const size_t node_count = 64, size = 6144;
    static omadm_client_t client;
    omadm_config_t config = {
        .size = sizeof config, .schema = &reference_schema, .port = &port, .mounts = mounts, .mount_count = 1, .max_depth = 8,
        .rx = malloc(size), .rx_size = size, .tx = malloc(size), .tx_size = size, .work = malloc(256), .work_size = 256,
        .nodes = malloc(node_count * sizeof(omadm_node_slot_t)), .node_count = node_count,
        .pool = malloc(1024), .pool_size = 1024, .value = malloc(256), .value_size = 256,
        .store = malloc(2048), .store_size = 2048,
    };
    const omadm_trigger_t trigger = { .server_id = "srv", .server_id_len = 3, .session_id = 1 };
    omadm_step_t step;
    omadm_result_t r;
    unsigned message = 0;
    size_t i;

    if (argc > 1) encoding = argv[1];
    if (argc > 2) messages = argv[2];
    if (argc > 3) out = argv[3];
    config.encoding = strcmp(encoding, "xml") == 0 ? OMADM_XML : OMADM_WBXML;

    r = omadm_init(&client, &config);
    for (i = 0; r == OMADM_OK && i < sizeof seeds / sizeof seeds[0]; i++)
        r = omadm_factory_set(&client, seeds[i][0], strlen(seeds[i][0]), seeds[i][1], strlen(seeds[i][1]));
    if (r == OMADM_OK)
        r = omadm_factory_acl(&client, OMADM_TEXT("./Vendor/cfg"), OMADM_TEXT("Get=*&Replace=*&Add=*&Delete=*"));

    if (r == OMADM_OK) r = omadm_start(&client, &trigger, &step);
    while (r == OMADM_OK && step.kind != OMADM_STEP_DONE) {
        omadm_received_t got = { 0 };
        switch (step.kind) {
        case OMADM_STEP_SEND:
            r = post(&step, message++, &got) == 0 ? omadm_receive(&client, &got, &step)
                                                  : omadm_failed(&client, OMADM_FAIL_LINK, 0, &step);
            break;
        case OMADM_STEP_WAIT: r = omadm_resume(&client, &step); break;
        default: r = omadm_answer(&client, OMADM_ANSWER_TIMED_OUT, NULL, 0, &step); break;
        }
    }

    if (r != OMADM_OK) {
        printf("result %lu, detail %lu\n", (unsigned long)r, (unsigned long)omadm_detail(&client));
        return EXIT_FAILURE;
    }
    printf("result %lu, detail %lu, %u sent, %u received, %u executed, %u refused; apn %s\n",
           (unsigned long)step.report.result, (unsigned long)step.report.detail, (unsigned)step.report.messages_sent,
           (unsigned)step.report.messages_received, (unsigned)step.report.executed, (unsigned)step.report.refused, apn);
    if (omadm_close(&client) != OMADM_OK) return EXIT_FAILURE;
    free(config.rx), free(config.tx), free(config.work), free(config.nodes), free(config.pool), free(config.value);
    free(config.store);
    return step.report.result == OMADM_OK && step.report.executed == 15 && step.report.refused == 0 &&
           strcmp(apn, "internet.example.test") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
