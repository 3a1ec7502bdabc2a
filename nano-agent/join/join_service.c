// SPDX-License-Identifier: MIT
#include "nano-agent/join/join_service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text.h"

#define UNIT        "nano-agent.service"
#define UNITS       "/etc/systemd/system"
#define DROP_IN_DIR UNITS "/" UNIT ".d"
#define DROP_IN     DROP_IN_DIR "/join.conf"

extern char **environ;

bool join_service_confine(const struct bundle *bundle, char out[JOIN_SERVICE_TEXT_SIZE])
{
    unsigned char binary[16];
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < bundle->address_count; i++) {
        char host[BUNDLE_LINE_MAX + 1];
        const char *text = bundle->addresses[i];
        bool is_v6 = text[0] == '[';
        snprintf(host, sizeof host, "%.*s", (int)(strrchr(text, ':') - text) - (is_v6 ? 2 : 0), text + is_v6);
        if (inet_pton(is_v6 ? AF_INET6 : AF_INET, host, binary) != 1) {
            out[0] = '\0';
            return false;
        }
        if (used == 0)
            used = (size_t)snprintf(out, JOIN_SERVICE_TEXT_SIZE,
                "# Written by nano-agent join: the service may reach its brokers, and nobody else.\n"
                "# nano-agent join --undo removes it.\n[Service]\nIPAddressDeny=any\n");
        used += (size_t)snprintf(out + used, JOIN_SERVICE_TEXT_SIZE - used, "IPAddressAllow=%s\n", host);
    }
    return true;
}

static int refuse(char why[PROTOCOL_WHY_SIZE], int error)
{
    text_sentence(why, PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, "%s: %s", DROP_IN, strerror(error));
    return -error;
}

int join_service_write(const struct bundle *bundle, char why[PROTOCOL_WHY_SIZE])
{
    char text[JOIN_SERVICE_TEXT_SIZE];

    if (!bundle || !join_service_confine(bundle, text)) {
        if (unlink(DROP_IN) < 0 && errno != ENOENT && errno != ENOTDIR)
            return refuse(why, errno);
        rmdir(DROP_IN_DIR); // only where it is empty
        return 0;
    }
    if (access(UNITS, F_OK) < 0)
        return 0; // no systemd
    if (mkdir(DROP_IN_DIR, 0755) < 0 && errno != EEXIST)
        return refuse(why, errno);
    FILE *file = fopen(DROP_IN ".new", "we");
    if (!file)
        return refuse(why, errno);
    int error = 0;
    if (fputs(text, file) < 0 || fchmod(fileno(file), 0644) < 0)
        error = errno;
    if (fclose(file) != 0 && !error)
        error = errno;
    if (!error && rename(DROP_IN ".new", DROP_IN) < 0)
        error = errno;
    if (error)
        unlink(DROP_IN ".new");
    return error ? refuse(why, error) : 0;
}

// Runs systemctl with up to two words. True where it ended with 0.
static bool systemctl(const char *word, const char *unit)
{
    char *argv[] = {"systemctl", "--quiet", (char *)word, (char *)unit, NULL};
    posix_spawn_file_actions_t silent;
    int status = -1;
    pid_t pid;

    posix_spawn_file_actions_init(&silent);
    posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&silent, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&pid, argv[0], &silent, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&silent);
    if (rc != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int join_service_restart(char why[PROTOCOL_WHY_SIZE])
{
    if (access("/run/systemd/system", F_OK) < 0) {
        printf("No systemd runs here: start nano-agent again by hand.\n");
        return 0;
    }
    systemctl("daemon-reload", NULL);
    if (!systemctl("is-enabled", UNIT) && !systemctl("is-active", UNIT)) {
        printf("nano-agent.service is not in use: sudo systemctl enable --now nano-agent\n");
        return 0;
    }
    fflush(stdout);
    if (!systemctl("restart", UNIT)) {
        snprintf(
            why, PROTOCOL_WHY_SIZE, "nano-agent.service does not start again: systemctl status nano-agent");
        return -EIO;
    }
    printf("nano-agent.service was started again with it.\n");
    return 0;
}
