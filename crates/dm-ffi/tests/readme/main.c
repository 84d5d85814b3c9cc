/*
 * What the README's C leaves to the firmware: a client, an account, and a modem whose far end is the reference session's
 * server. The test copies device_session() out of the README and links it with this.
 */
#include "omadm.h"
#include "../reference_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

omadm_result_t device_session(omadm_client_t *client, omadm_report_t *report);
int modem_post(const char *uri, size_t uri_len, const uint8_t *body, size_t body_len, uint8_t *space, size_t space_size,
               size_t *len);
void idle_until(uint64_t ms);

static omadm_client_t client;
static omadm_node_slot_t nodes[64];
static uint8_t rx[4096], tx[4096], work[256], pool[1024], value[256], store[2048];

static int draw(void *user, uint8_t *to, size_t size) { (void)user; memset(to, 0x5A, size); return 0; }
static uint64_t now(void *user) { (void)user; return 0; }

static const omadm_port_t port = { .random = draw, .now = now };
static const char *const seeds[][2] = {
    { "./DevInfo/DevId", "IMEI:004999010640000" }, { "./DevInfo/Man", "Example Meters" }, { "./DevInfo/Mod", "EM-200" },
    { "./DevInfo/DmV", "1.2" }, { "./DevInfo/Lang", "en-GB" }, { "./DMAcc/srv/AppID", "w7" }, { "./DMAcc/srv/ServerID", "srv" },
    { "./DMAcc/srv/AppAddr/1/Addr", "http://dm.example.test/srv" }, { "./DMAcc/srv/Ext/OmaDm/Version", "1.2" },
};

/* Nothing proves the server here, so that the device refuses what it wants; the loop goes to its end all the same. */
int modem_post(const char *uri, size_t uri_len, const uint8_t *body, size_t body_len, uint8_t *space, size_t space_size,
               size_t *len) {
    static unsigned sent;
    FILE *answer;
    (void)body;
    printf("%.*s: %s\n", (int)uri_len, uri, body_len > 0 ? "a message" : "nothing");
    if (sent++ > 0 || (answer = fopen("../../tests/corpus/reference-session/m4-server-final.wbxml", "rb")) == NULL) return -1;
    *len = fread(space, 1, space_size, answer);
    return fclose(answer);
}

void idle_until(uint64_t ms) { (void)ms; }

int main(void) {
    const omadm_config_t config = {
        .size = sizeof config, .schema = &reference_schema, .port = &port, .encoding = OMADM_WBXML, .rx = rx,
        .rx_size = sizeof rx, .tx = tx, .tx_size = sizeof tx, .work = work, .work_size = sizeof work, .nodes = nodes,
        .node_count = sizeof nodes / sizeof nodes[0], .pool = pool, .pool_size = sizeof pool, .value = value,
        .value_size = sizeof value, .store = store, .store_size = sizeof store,
    };
    omadm_report_t report = { 0 };
    size_t i;
    omadm_result_t r = omadm_init(&client, &config);
    for (i = 0; r == OMADM_OK && i < sizeof seeds / sizeof seeds[0]; i++)
        r = omadm_factory_set(&client, seeds[i][0], strlen(seeds[i][0]), seeds[i][1], strlen(seeds[i][1]));
    if (r == OMADM_OK) r = device_session(&client, &report);
    printf("result %lu, session %lu, %u sent, %u received\n", (unsigned long)r, (unsigned long)report.result,
           (unsigned)report.messages_sent, (unsigned)report.messages_received);
    return r == OMADM_OK && report.messages_received == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
