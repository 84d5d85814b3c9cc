/*
 * A device without any account gets one by a push that the user proves with a PIN, and begins a session with its server.
 *
 *     cargo xtask ffi --libs --features=wbxml,md5,bootstrap
 *     gcc -std=c99 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags omadm) tests/bootstrap.c $(pkg-config --libs omadm)
 *     ./a.out
 *
 * No arguments. Prints what happens; 0: the first message goes to the server of the new account. With a library that takes
 * no bootstraps it says so, which is no failure.
 */
#include "omadm.h"
#include "reference_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef OMADM_FEATURE_BOOTSTRAP

int main(void) {
    puts("this library takes no bootstraps");
    return EXIT_SUCCESS;
}

#else

/* What came in on UDP port 2948, or was put together of short messages: a WAP push, whose content type holds the MAC, and the
 * provisioning document. The PIN is 1234. */
static const uint8_t arrived[] = {
    0x01, 0x06, 0x2F, 0x1F, 0x2D, 0xB6, 0x91, 0x81, 0x92, '0', '3', '7', '0', '5', 'A', 'C', 'B', '0', 'D', 'E', '9', '7', 'A',
    'C', '1', 'D', '2', '6', 'E', '4', '5', '1', '7', '6', '1', '5', 'F', 'B', '7', '1', '6', 'B', '7', '4', '5', 'D', '6', '6',
    '4', 0x00,
    0x03, 0x0B, 0x6A, 0x00, 0xC5, 0x46, 0x01, 0xC6, 0x00, 0x01, 0x55, 0x01, 0x87, 0x36, 0x00, 0x00, 0x06, 0x03, 'w', '7', 0x00,
    0x01, 0x87, 0x00, 0x01, 0x38, 0x00, 0x00, 0x06, 0x03, 's', 'r', 'v', '1', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0x00, 0x01,
    0x87, 0x07, 0x06, 0x03, 'D', 'e', 'm', 'o', 0x00, 0x01, 0xC6, 0x00, 0x01, 0x56, 0x01, 0x87, 0x34, 0x00, 0x00, 0x06, 0x03,
    'h', 't', 't', 'p', 's', ':', '/', '/', 's', 'r', 'v', '1', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '/', 'd', 'm', 0x00,
    0x01, 0x01, 0xC6, 0x00, 0x01, 0x57, 0x01, 0x87, 0x30, 0x00, 0x00, 0x06, 0x00, 0x01, 0x8D, 0x01, 0x87, 0x33, 0x00, 0x00,
    0x06, 0x00, 0x01, 0x93, 0x01, 0x87, 0x31, 0x00, 0x00, 0x06, 0x03, 'd', 'e', 'v', '1', 0x00, 0x01, 0x87, 0x00, 0x01, 0x32,
    0x00, 0x00, 0x06, 0x03, 'd', 'e', 'v', 's', 'e', 'c', 'r', 'e', 't', 0x00, 0x01, 0x01, 0x01, 0x01,
};

static omadm_client_t client;
static omadm_node_slot_t nodes[64];
static uint8_t rx[2048], tx[2048], work[256], pool[1024], value[256], store[2048], scratch[128];

/* A device asks its random number generator and its clock. */
static int draw(void *user, uint8_t *to, size_t size) { (void)user; memset(to, 0x5A, size); return 0; }
static uint64_t now(void *user) { (void)user; return 0; }

static const omadm_port_t port = { .random = draw, .now = now };

/* What the user reads before he agrees. */
static void show(void *user, const omadm_change_t *change) {
    (void)user;
    printf("%s account of %.*s (%.*s) at %.*s\n", change->is_new ? "new" : "changed", (int)change->server_id_len,
           (const char *)change->server_id, (int)change->name_len, (const char *)change->name, (int)change->addr_len,
           (const char *)change->addr);
}

/* The whole of it; the first result that is not OMADM_OK ends it. */
static omadm_result_t bootstrap(const char *pin, omadm_applied_t *applied) {
    static omadm_bootstrap_t on_its_way;
    const omadm_bootstrap_policy_t policy = { .push = 1 };
    omadm_push_t push;
    omadm_document_t document = { 0 };
    omadm_needs_t needs;
    omadm_result_t r = omadm_push_datagram(2948, arrived, sizeof arrived, &push);
    if (r != OMADM_OK) return r;
    if (push.kind != OMADM_PUSH_PROVISIONING) return OMADM_ERR_PUSH;

    document.data = push.body, document.size = push.body_size;
    document.mac = push.mac, document.mac_len = push.mac_len, document.sec = push.sec;
    r = omadm_bootstrap_open(&client, &document, &policy, &on_its_way);
    if (r == OMADM_OK) r = omadm_bootstrap_needs(&on_its_way, &needs);
    if (r == OMADM_OK && (needs & OMADM_NEEDS_PROOF))
        r = omadm_bootstrap_prove(&client, &on_its_way, NULL, 0, pin, strlen(pin));
    if (r == OMADM_OK && (needs & OMADM_NEEDS_CONSENT)) {
        r = omadm_bootstrap_changes(&client, &on_its_way, scratch, sizeof scratch, show, NULL);
        /* Here the user says yes. */
        if (r == OMADM_OK) r = omadm_bootstrap_agree(&client, &on_its_way);
    }
    return r == OMADM_OK ? omadm_bootstrap_apply(&client, &on_its_way, scratch, sizeof scratch, applied) : r;
}

int main(void) {
    static omadm_applied_t applied;
    const omadm_config_t config = {
        .size = sizeof config, .schema = &reference_schema, .port = &port, .encoding = OMADM_WBXML, .rx = rx,
        .rx_size = sizeof rx, .tx = tx, .tx_size = sizeof tx, .work = work, .work_size = sizeof work, .nodes = nodes,
        .node_count = sizeof nodes / sizeof nodes[0], .pool = pool, .pool_size = sizeof pool, .value = value,
        .value_size = sizeof value, .store = store, .store_size = sizeof store,
    };
    omadm_trigger_t trigger = { 0 };
    omadm_step_t step;
    omadm_result_t r = omadm_init(&client, &config);

    if (r == OMADM_OK) r = omadm_start(&client, NULL, &step);
    printf("without an account: %lu\n", (unsigned long)r);
    if (r != OMADM_ERR_NO_ACCOUNT) return EXIT_FAILURE;

    r = bootstrap("4321", &applied);
    printf("with another PIN: %lu, tries left %lu\n", (unsigned long)r, (unsigned long)omadm_detail(&client));
    if (r != OMADM_ERR_BOOT_WRONG_PROOF) return EXIT_FAILURE;

    r = bootstrap("1234", &applied);
    printf("with the PIN: %lu, accounts %u\n", (unsigned long)r, (unsigned)applied.server_count);
    if (r != OMADM_OK || applied.server_count != 1) return EXIT_FAILURE;

    trigger.server_id = (const char *)applied.servers[0].id, trigger.server_id_len = applied.servers[0].id_len;
    r = omadm_start(&client, &trigger, &step);
    if (r != OMADM_OK || step.kind != OMADM_STEP_SEND) return EXIT_FAILURE;
    printf("the first message goes to %.*s\n", (int)step.uri_len, step.uri);
    return omadm_close(&client) == OMADM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
