// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum {
    FAULT_CHARS = 60, // a longer one may not be whole on its row
    MEND_SIZE = 128,
};

static const char *mend(const struct link_report *link, char words[MEND_SIZE])
{
    switch (link->trouble) {
    case TROUBLE_REFUSED:
        return "sudo systemctl start mosquitto, or pc-tui -h HOST";
    case TROUBLE_RESOLVE:
        return "is the name right? pc-tui -h ADDRESS works without names";
    case TROUBLE_TIMEOUT:
        snprintf(words, MEND_SIZE,
            "is that machine on, and is port %d open there? sudo ufw allow %d/tcp, or pc-tui -h HOST",
            link->broker.port, link->broker.port);
        return words;
    case TROUBLE_SILENT:
        return "the broker hangs, or the network loses packets; there: sudo systemctl restart mosquitto";
    case TROUBLE_NETWORK:
        return "is the cable in, and the network up? ip addr, or pc-tui -h HOST";
    case TROUBLE_TLS:
        return "--cafile FILE names whom to trust; in pc-tui.conf: tls { cafile = \"…\" name = \"…\" }";
    case TROUBLE_PROTOCOL:
        return "is an MQTT broker on that port? pc-tui -p PORT";
    case TROUBLE_LOGIN:
        return "pc-tui join FILE, with the file of pc-tui-broker add-operator; or pc-tui -u USER";
    case TROUBLE_DENIED:
        return "the broker's acl_file must let us read it: topic readwrite ROOT/#";
    case TROUBLE_MEMORY:
        return "a retained message is too large: mosquitto_pub -r -n -t TOPIC clears it";
    case TROUBLE_CLOSED:
        return "is another client there with the same -i ID? r tries again";
    case TROUBLE_NONE:
        break;
    }
    return "r tries again";
}

static bool link_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role)
{
    const struct link_report *link = &view->model->link;
    char words[MEND_SIZE];
    if (link->state == LINK_UP)
        return false;
    if (link->trouble == TROUBLE_NONE) {
        *role = ROLE_LABEL;
        snprintf(out, VIEW_SENTENCE_SIZE, "connecting to the broker …");
        return true;
    }
    *role = ROLE_WRONG;
    snprintf(out, VIEW_SENTENCE_SIZE, "✗ %s — %s", link->reason, mend(link, words));
    return true;
}

static bool silence_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role)
{
    const struct model *model = view->model;
    *role = ROLE_NOTICE;
    if (model->unreadable > 0) {
        *role = ROLE_WRONG;
        snprintf(out, VIEW_SENTENCE_SIZE, "✗ a status that cannot be read: %s", model->unreadable_why);
    } else if (view->now_us - model->link_since_us < CONTROLLER_LOOK_US) {
        *role = ROLE_LABEL;
        snprintf(out, VIEW_SENTENCE_SIZE, "waiting for a device under %s/ …", view->root);
    } else {
        snprintf(out, VIEW_SENTENCE_SIZE,
            "✗ no device under %s/ — on the Nano: nano-agent check. mosquitto 2 listens to this PC only: "
            "sudo pc-tui-broker setup lets devices in with TLS, the line listener 1883 192.168.55.100 without it",
            view->root);
    }
    return true;
}

// Other devices report, the one that --device names does not.
static bool absence_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role)
{
    const char *name = view->ui->options.device;
    if (!name[0] || view->now_us - view->model->link_since_us < CONTROLLER_LOOK_US)
        return false;
    *role = ROLE_NOTICE;
    snprintf(out, VIEW_SENTENCE_SIZE,
        "✗ nothing is known of %s: it never reported here, or has another name — g lists the devices that do",
        name);
    return true;
}

// The whole sentence, which its row may have cut, and what mends it.
static void fault_advice(const struct model_device *device, char out[VIEW_SENTENCE_SIZE])
{
    char fault[PROTOCOL_WHY_SIZE], file[PROTOCOL_WHY_SIZE];
    model_fault(fault, device->fault, device->why);
    if (*model_fault_file(file, device->why))
        snprintf(out, VIEW_SENTENCE_SIZE, "✗ %.600s — on the Nano: sudoedit %.200s; it goes on by itself",
            fault, file);
    else
        snprintf(out, VIEW_SENTENCE_SIZE, "✗ %s — on the Nano: nano-agent check", fault);
}

bool view_advice(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role)
{
    const struct model_device *device = view_device(view);
    // Once a device is on the screen, its age and the header tell what is wrong with the link.
    if (!view->model->seen)
        return link_advice(view, out, role) || silence_advice(view, out, role);
    if (!device)
        return absence_advice(view, out, role);
    enum presence presence = model_presence(device, view->now_us);
    if (view->model->link.state != LINK_UP)
        return link_advice(view, out, role);
    if (presence == PRESENCE_RETAINED && view->now_us - view->model->link_since_us >= CONTROLLER_LOOK_US) {
        *role = ROLE_NOTICE;
        snprintf(out, VIEW_SENTENCE_SIZE,
            "✗ only an old report of %s, kept by the broker — on the Nano: sudo systemctl restart nano-agent",
            view_name(view, device));
        return true;
    }
    if (presence == PRESENCE_OFFLINE && device->fault[0]) {
        fault_advice(device, out);
        *role = ROLE_WRONG;
        return true;
    }
    if (presence == PRESENCE_OFFLINE) {
        *role = ROLE_NOTICE;
        if (device->removed) {
            snprintf(out, VIEW_SENTENCE_SIZE,
                "✗ %s was removed: the broker takes it no more — pc-tui-broker add-device, and nano-agent join there, "
                "let it in again",
                view_name(view, device));
            return true;
        }
        snprintf(out, VIEW_SENTENCE_SIZE, "✗ %s is offline — on the Nano: %s", view_name(view, device),
            device->stopped ? "sudo systemctl start nano-agent"
                            : "sudo systemctl status nano-agent, nano-agent check");
        return true;
    }
    return false;
}

bool view_explanation(const struct view *view, char out[VIEW_SENTENCE_SIZE], enum screen_role *role)
{
    const struct model_device *device = view_device(view);
    int focused = ui_focused(view->ui);
    if (device && focused >= 0 && strlen(device->status->channels[focused].fault) > FAULT_CHARS) {
        const struct status_channel *channel = &device->status->channels[focused];
        *role = ROLE_WRONG;
        snprintf(out, VIEW_SENTENCE_SIZE, "%s: %s", channel->id.name, channel->fault);
        return true;
    }
    *role = ROLE_LABEL;
    for (size_t i = 0; device && i < device->status->count; i++) {
        const struct status_channel *channel = &device->status->channels[i];
        if (!channel->assumed || !channel->driven)
            continue;
        snprintf(out, VIEW_SENTENCE_SIZE,
            "assumed: nobody measures a servo; its first move began somewhere unknown");
        return true;
    }
    return false;
}
