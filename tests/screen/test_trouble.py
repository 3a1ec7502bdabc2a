# SPDX-License-Identifier: MIT
"""The screen never lies: what is gone, what is old, what is not there yet, and what mends it."""
import re

import screen as screens
from screen import GREEN, RED, STOP_RED, WHITE, YELLOW, check, equal, harness, live, scenario, tui


@scenario
def a_killed_agent_is_offline_from_its_will(stage):
    broker, agent, s = live(stage)
    s.press('t')
    s.wait(r'led +◉ on')
    agent.kill()
    s.wait(r'jetson +✗ offline, last seen \d\d:\d\d:\d\d')
    equal(s.cell_of('✗ offline').fg, RED, 'offline is wrong')
    s.wait(r'✗ jetson is offline — on the Nano: sudo systemctl status nano-agent')
    check(s.cell_of('◉ on').fg != GREEN, 'an old value is not shown as live')
    s.press('up')
    s.keys_are_read()
    stage.agent(broker)
    s.wait(r'◉ live')
    s.gone(r'✗ jetson is offline — ')
    check('tilt_up' not in '\n'.join(s.dump()), 'what was refused is not carried out later')


@scenario
def a_clean_stop_is_told_from_a_crash(stage):
    _, agent, s = live(stage)
    agent.terminate()
    s.wait(r'✗ offline \(stopped\), last seen')
    s.wait(r'on the Nano: sudo systemctl start nano-agent')


@scenario
def a_typo_in_the_configuration_is_read_on_the_screen_and_mended_the_agent_goes_on(stage):
    good = 'switch led { gpio = "pin 7" }\nservo tilt { pwm = "pin 33" }\n'
    broker, agent, s = live(stage, channels=good, columns=110)
    agent.terminate()
    s.wait(r'✗ offline \(stopped\)')
    # A service, as systemd starts it: somebody wants to be notified.
    service = stage.agent(broker, channels=good.replace('33"', '33" sped = 5'), env={'NOTIFY_SOCKET': stage.path('notify')})
    s.wait(r'jetson +✗ offline: configuration line 2: servo tilt: unknown key sped; did you mean speed\?')
    equal(s.cell_of('✗ offline').fg, RED, 'offline is wrong')
    s.wait(r'✗ configuration line 2: .*mean speed\?')
    s.wait(r'sudoedit')
    s.wait(r'by itself')
    s.press('1')
    s.wait(r'✗ .*jetson is offline: configuration line 2')
    outcome = stage.send(broker, 'led_on')
    check(outcome.code == 3 and 'jetson is offline: configuration line 2' in outcome.err, outcome)
    with open(service.config_path, 'w', encoding='utf-8') as f:
        f.write(good + ('memory_limit = 0\n' if harness.SANITIZED else ''))
    s.wait(r'◉ live')
    s.gone(r'sudoedit')
    s.press('o')
    s.wait(r'led +◉ on')
    equal(service.popen.poll(), None, 'the same process')


@scenario
def a_killed_broker_has_a_reason_and_nothing_typed_meanwhile_is_carried_out(stage):
    broker, agent, s = live(stage, columns=110)
    s.press('t')
    s.wait(r'led +◉ on')
    changes = len(agent.changes())
    broker.kill()
    s.wait(r'^ jetson +✗ .*127\.0\.0\.1:%d' % broker.port)
    equal(s.cell_of('✗ ').fg, RED, 'the link is wrong')
    s.wait(r'✗ connection refused at 127\.0\.0\.1:%d — sudo systemctl start mosquitto, or pc-tui -h HOST' % broker.port)
    for key in ('up', 'f', 'c', '1'):
        s.press(key)
    s.wait(r'✗ .*(not connected|no link|broker|connection)')
    again = broker.again()
    watcher = stage.watcher(again)
    s.wait(r'◉ connected', 20)
    s.wait(r'◉ live', 20)
    watcher.online(deadline=20)
    screens.steady(s, 1.0)
    equal(len(agent.changes()), changes, 'outputs changed since: %r' % agent.changes()[changes:])
    check({r['cmd'] for r in watcher.results()} <= {'status', 'led_toggle'}, 'commands: %r' % watcher.results())
    s.press('f')
    s.wait(r'led +◌ off')


@scenario
def stop_without_a_link_is_said_and_sent_first_afterwards(stage):
    broker, agent, s = live(stage)
    broker.kill()
    s.gone(r'◉ connected')
    s.press('space')
    s.wait(r'^  ✗ STOP NOT SENT ')
    cell = s.cell_of('STOP NOT SENT')
    equal((cell.fg, cell.bg, cell.bold), (WHITE, STOP_RED, True), 'STOP NOT SENT')
    s.resize(3, 30)
    s.wait(r'^ ✗ STOP NOT SENT ')
    s.resize(24, 80)
    broker.again()
    s.press('r')
    s.gone(r'STOP NOT SENT', 20)
    s.wait(r'◉ connected', 20)
    harness.wait_for(lambda: re.search(r'\bstop\b.*: ok', agent.err()), 'the stop reached the agent')


@scenario
def no_broker_names_what_starts_one(stage):
    port = stage.port()
    s = screens.Screen(stage, [harness.program('pc-tui'), '-h', '127.0.0.1', '-p', str(port.number)], columns=100)
    s.wait(r'✗ connection refused at 127\.0\.0\.1:%d — sudo systemctl start mosquitto, or pc-tui -h HOST' % port.number)
    s.wait(r'again in \d+ s|trying')
    equal(s.cell_of('✗ connection refused').fg, RED, 'it is wrong')
    s.press('q')
    equal(s.exited(), 'exit 0', 'q leaves without a broker too')


@scenario
def no_broker_is_named_at_80_columns_too(stage):
    port = stage.port()
    s = screens.Screen(stage, [harness.program('pc-tui'), '-h', '127.0.0.1', '-p', str(port.number)])
    s.wait(r'✗ connection refused at 127\.0\.0\.1:%d — sudo systemctl start' % port.number)
    text = ' '.join(row.strip() for row in s.dump())
    check('sudo systemctl start mosquitto, or pc-tui -h HOST' in text, 'the whole advice is there: %r' % text)


@scenario
def no_device_names_what_to_look_at(stage):
    broker = stage.broker()
    s = tui(stage, broker, '--device', 'nano')
    s.wait(r'◉ connected')
    took = s.wait(r'no device under jetson/ — on the Nano: nano-agent check', 10)
    check(took > 1.5, 'it gives the device three seconds: %.1f' % took)
    text = ' '.join(row.strip() for row in s.dump())
    check('mosquitto 2 listens to this PC only' in text, 'the usual reason is named: %r' % text)
    stage.agent(broker, args=['--device', 'nano'])
    s.wait(r'◉ live')
    s.gone(r'no device under')


@scenario
def only_an_old_report_is_not_taken_for_live(stage):
    broker = stage.broker()
    stage.pub(broker, '{"v":1,"device":"","online":true,"boot":"0123","seq":4,"t":1000,"report":1.0,'
                      '"channels":{"led":{"kind":"switch","on":true}}}', topic='jetson/status', args=['-r'])
    s = tui(stage, broker)
    s.wait(r'◌ retained')
    equal(s.cell_of('◌ retained').fg, YELLOW, 'old deserves a look')
    check(s.cell_of('◉ on').fg != GREEN, 'its values are not shown as live')
    s.wait(r'only an old report of jetson', 10)


@scenario
def a_refused_login_says_how_to_log_in(stage):
    broker = stage.broker(config='allow_anonymous false\n')
    s = tui(stage, broker, columns=200)
    s.wait(r'✗ .*(not authori[sz]ed|login|user name).* — pc-tui join FILE, with the file of', 15)


@scenario
def the_tutorials_own_subscriber_works(stage):
    broker = stage.broker()
    heard = []
    client = harness.paho_client()
    client.on_connect = lambda c, *_: c.subscribe('jetson/control')
    client.on_subscribe = lambda *_: heard.append('ready')
    client.on_message = lambda c, u, message: heard.append(message.payload.decode())
    client.connect('127.0.0.1', broker.port, 60)
    client.loop_start()
    try:
        harness.wait_for(lambda: 'ready' in heard, 'the subscriber is there')
        s = tui(stage, broker)
        s.wait(r'◉ connected')
        s.wait(r'▸ tilt')
        s.wait(r'▸ 1 led')
        s.wait(r'no device under jetson/')  # while it still looks for devices it refuses
        s.press('up')
        s.wait(r'tilt_up +sent  ✓ broker \d+\.\d ms — no device reports here')
        s.press('o')
        s.wait(r'led_on +sent .*no device reports here')
        s.press('down', 'f')
        harness.wait_for(lambda: len(heard) >= 5, 'four words: %r' % heard)
        equal(heard[1:], ['tilt_up', 'led_on', 'tilt_down', 'led_off'], 'plain words, as the tutorial sends them')
        # the first status ends it
        stage.agent(broker)
        s.wait(r'◉ live')
        s.gone(r'no device reports here yet')
    finally:
        client.disconnect()
        client.loop_stop()


@scenario
def a_word_that_nobody_hears_is_told(stage):
    broker = stage.broker()
    s = tui(stage, broker)
    s.wait(r'▸ tilt')
    s.wait(r'no device under jetson/')
    s.press('up')
    s.wait(r'✗ tilt_up .*nobody listens on jetson/control')
    equal(s.cell_of('nobody').fg, RED, 'a word nobody hears is wrong')


@scenario
def two_agents_of_one_name_are_told(stage):
    broker, _, s = live(stage)
    stage.agent(broker, args=['-i', 'another'])
    s.wait(r'✗ two agents share this name', 15)


@scenario
def a_report_cannot_paint_the_screen(stage):
    broker, _, s = live(stage)
    stage.pub(broker, '{"cmd":"led_on","id":"\\u0041\\u0042\\u0043\\u0044\\u0045-1"}')
    s.wait(r'from ABCD')
    stage.pub(broker, 'evil \x1b]2;owned\x07\x1b[2J\u202e한국\U0001f600')
    s.wait(r'✗ evil')
    check(s.modes()['title'] != 'owned', 'the title is ours')
    check(any('▸ tilt' in row for row in s.dump()), 'the picture stands')



@scenario
def a_device_that_was_asked_for_and_never_reported_is_told(stage):
    broker, _, _ = live(stage)
    s = tui(stage, broker, '--device', 'nope')
    s.wait('nothing is known of nope')
    s.press('g')
    s.wait('Devices: all')

if __name__ == '__main__':
    harness.main()
