// SPDX-License-Identifier: MIT
// How a link ends: closing, freeing and starting over.
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "link_rig.h"

static void will_options(struct link_options *options)
{
    options_for(options, rig_address, rig_port);
    options->will_topic = "t/will";
    options->will_payload = "gone";
}

static void open_will_watcher(struct end *watcher)
{
    struct link_options options;

    options_for(&options, rig_address, rig_port);
    options.topics[0] = "t/will";
    open_end(watcher, &options);
    WAIT_FOR(watcher, state_of(watcher) == LINK_UP);
}

static void closing_sends_everything_and_leaves_no_will(void **state)
{
    struct link_options options;
    struct end end, reader, watcher;

    (void)state;
    open_up(&reader);
    open_will_watcher(&watcher);
    will_options(&options);
    options.topics[0] = "t/none";
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    for (int i = 0; i < 100; i++)
        assert_int_equal(link_publish(end.link, "t/control", "x", 1, i % 2, false, NULL, 0, NULL), 0);
    link_close(end.link, 2000);
    const int64_t began_us = now_us();
    WAIT_FOR(&end, end.closed);
    assert_true(now_us() - began_us < 1000000);
    assert_int_equal(end.published, 100);
    assert_string_equal(end.states, "cux");
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&reader, reader.messages == 100);
    tick(watcher.base, 200);
    assert_int_equal(watcher.messages, 0);
    close_end(&end);
    close_end(&reader);
    close_end(&watcher);
}

static void closing_gives_up_on_a_frozen_broker_in_time(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    kill(rig_pid, SIGSTOP);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 1, false, NULL, 0, NULL), 0);
    const int64_t began_us = now_us();
    link_close(end.link, 300);
    WAIT_FOR(&end, end.closed);
    assert_in_range(now_us() - began_us, 290000, 2000000);
    kill(rig_pid, SIGCONT);
    close_end(&end);
}

static void closing_while_not_up_is_reported_at_once(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, "127.0.0.1", peers_free_port());
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    link_close(end.link, 1000);
    assert_true(end.closed);
    close_end(&end);
}

static void freeing_leaves_the_will(void **state)
{
    struct link_options options;
    struct end end, watcher;

    (void)state;
    open_will_watcher(&watcher);
    will_options(&options);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    WAIT_FOR(&watcher, watcher.messages == 1);
    assert_string_equal(watcher.last, "gone");
    close_end(&watcher);
    open_will_watcher(&watcher);
    WAIT_FOR(&watcher, watcher.messages == 1);
    assert_true(watcher.last_retained);
    link_publish(watcher.link, "t/will", "", 0, 1, true, NULL, 0, NULL);
    WAIT_FOR(&watcher, watcher.published == 1);
    close_end(&watcher);
}

static void it_may_be_freed_and_closed_from_inside_a_message(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    end.free_in_message = true;
    link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.messages == 1);
    assert_null(end.link);
    event_base_free(end.base);
    open_up(&end);
    end.close_in_message = true;
    link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.closed);
    close_end(&end);
}

static void a_reset_is_reported_from_the_loop_and_mended(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    link_reset(end.link, TROUBLE_TIMEOUT, "nothing read for 3 s");
    assert_string_equal(end.states, "cu");
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&end, strstr(end.states, "uw"));
    assert_non_null(strstr(end.reasons, "nothing read for 3 s"));
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_sends_everything_and_leaves_no_will),
        cmocka_unit_test(closing_gives_up_on_a_frozen_broker_in_time),
        cmocka_unit_test(closing_while_not_up_is_reported_at_once),
        cmocka_unit_test(freeing_leaves_the_will),
        cmocka_unit_test(it_may_be_freed_and_closed_from_inside_a_message),
        cmocka_unit_test(a_reset_is_reported_from_the_loop_and_mended),
    };

    return cmocka_run_group_tests_name("link_close", tests, start_broker, end_broker);
}
