# SPDX-License-Identifier: MIT
"""pc-tui devices: who is there, and where."""
import json

import harness
from harness import check, equal, program, scenario


def devices(stage, broker, *args):
    return stage.run([program('pc-tui'), 'devices'] + broker.options() + list(args))


@scenario
def devices_are_listed_in_natural_order_with_their_state_and_addresses(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['jetson/#'])
    for name in ('d10', 'd2'):
        stage.agent(broker, args=['--device', name], name=name)
    gone = stage.agent(broker, args=['--device', 'attic'], name='attic')
    broken = stage.agent(broker, args=['--device', 'oops'], channels='sped = 1\n', name='oops',
                         env={'NOTIFY_SOCKET': stage.path('notify')})
    for name in ('d10', 'd2', 'attic', 'oops'):
        watcher.wait(lambda r, name=name: r.topic == 'jetson/%s/about' % name, 'about of ' + name)
    gone.terminate()
    watcher.wait(lambda r: r.topic == 'jetson/attic/status' and r.online is False, 'attic is gone')

    done = devices(stage, broker)
    equal(done.code, 0, done.err)
    lines = [line.split() for line in done.out.splitlines()]
    equal([line[:2] for line in lines],
          [['attic', 'offline'], ['d2', 'online'], ['d10', 'online'], ['oops', 'offline']], 'names and states')
    check('stopped' in lines[0], lines[0])
    check('configuration line 1: unknown key sped' in done.out, done.out)

    done = devices(stage, broker, '--json')
    found = [json.loads(line) for line in done.out.splitlines()]
    equal([(d['device'], d['online'], d['stale']) for d in found],
          [('attic', False, False), ('d2', True, False), ('d10', True, False), ('oops', False, False)], 'as objects')
    equal([sorted(d) for d in found], [['about', 'device', 'online', 'seen', 'stale', 'status', 'why']] * 4, 'keys')
    equal(found[0]['why'], 'stopped', 'why')
    why = found[3]['status']['why']
    check(why.startswith('%s:1: unknown key sped' % broken.config_path), 'the status as it came: %s' % why)
    for d in found:
        equal(d['about']['device'], d['device'], 'whose it is')
        check(isinstance(d['about']['addresses'], list), d['about'])
    check(found[1]['seen'] > 1600000000 and found[1]['why'] is None, found[1])
    only = [json.loads(line) for line in devices(stage, broker, '--json', '--device', 'd2').out.splitlines()]
    equal([d['device'] for d in only], ['d2'], 'only the one')


@scenario
def what_only_the_broker_remembers_is_stale(stage):
    broker = stage.broker()
    stage.pub(broker, '{"v":1,"device":"","online":true,"boot":"old","seq":1,"t":1,"report":1,"stops":0,"channels":{}}',
              'jetson/status', ['-r'])
    done = devices(stage, broker, '--json')
    (found,) = [json.loads(line) for line in done.out.splitlines()]
    equal((found['online'], found['stale'], found['seen'], found['about']), (True, True, None, None), 'what is known')
    check(devices(stage, broker).out.split()[1] == 'stale', 'in words')


@scenario
def a_device_whose_login_was_taken_away_is_told_as_removed(stage):
    broker = stage.broker()
    stage.pub(broker, '{"v":1,"device":"d2","online":false,"boot":"old","why":"removed"}', 'jetson/d2/status', ['-r'])
    (found,) = [json.loads(line) for line in devices(stage, broker, '--json').out.splitlines()]
    equal((found['device'], found['online'], found['why']), ('d2', False, 'removed'), 'as an object')
    equal(devices(stage, broker).out.split(), ['d2', 'offline', 'removed'], 'in words')


@scenario
def without_devices_it_ends_with_3_and_without_a_broker_with_4(stage):
    broker = stage.broker()
    done = devices(stage, broker, '--timeout', '200ms')
    equal((done.code, done.out, done.err), (3, '', 'pc-tui: no device under jetson/\n'), 'no device')
    broker.kill()
    done = devices(stage, broker)
    equal((done.code, done.out), (4, ''), 'no broker')
    check('connection refused' in done.err, done.err)


if __name__ == '__main__':
    harness.main()
