# SPDX-License-Identifier: MIT
"""Topics with words of their own, and poses, as whole programs: what the course's test (test_course.py) does not see."""
import glob
import json

import harness
from harness import check, equal, program, scenario, wait_for


def refusing_broker(stage, topic):
    """A mosquitto that refuses a subscription in its SUBACK, which its access control lists do not do."""
    plugins = glob.glob('/usr/lib/*/mosquitto_dynamic_security.so')
    if not plugins:
        raise harness.Skip('mosquitto has no mosquitto_dynamic_security.so here')
    allowed = {'publishClientSend': True, 'publishClientReceive': True, 'subscribe': True, 'unsubscribe': True}
    rules = {'defaultACLAccess': allowed, 'clients': [], 'anonymousGroup': 'all',
             'groups': [{'groupname': 'all', 'roles': [{'rolename': 'deaf'}]}],
             'roles': [{'rolename': 'deaf',
                        'acls': [{'acltype': 'subscribeLiteral', 'topic': topic, 'priority': 1, 'allow': False}]}]}
    path = stage.write('rules.json', json.dumps(rules))
    return stage.broker(config='per_listener_settings false\nplugin %s\nplugin_opt_config_file %s\n' % (plugins[0], path))


@scenario
def a_refused_topic_is_told_and_everything_else_works(stage):
    broker = refusing_broker(stage, 'car/control')
    watcher = stage.watcher(broker)
    channels = harness.CHANNELS + '''
words "car/control" { up = "tilt_up" }
words "pt/control"  { up = "tilt_up"  light = "led_on" }
'''
    agent = stage.agent(broker, channels=channels)
    report = watcher.online()
    equal(report.status.get('deaf'), ['car/control'], 'what it does not hear')
    wait_for(lambda: 'the broker refused the subscription to car/control; its access control list' in agent.err(),
             'the log says so')
    equal(stage.say(broker, watcher, 'light', topic='pt/control').last['result'], 'ok', 'the other topic')
    equal(stage.say(broker, watcher, 'led_off').last['result'], 'ok', 'the control topic')
    mark = watcher.mark()
    stage.pub(broker, 'up', topic='car/control')
    harness.answers(stage, broker, watcher)
    check(not any(last.get('on') == 'car/control' for last in watcher.results(mark)), 'it hears nothing there')
    equal(agent.err().count('refused the subscription'), 1, 'it is told once')
    outcome = stage.run([program('nano-agent'), 'check', '--sim', '-c', agent.config_path] + broker.options())
    check('!!  words: the broker refused the subscription to car/control' in outcome.out, outcome.out)
    check('ok  words: the subscription to pt/control is allowed' in outcome.out, outcome.out)


@scenario
def a_pose_is_known_to_the_command_line(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker, channels=harness.CHANNELS + 'pose ready { tilt = 12.5  led = on }\n')
    equal(watcher.online().status.get('poses'), ['ready'], 'the report names it')
    outcome = stage.send(broker, 'ready')
    equal(outcome.code, 0, repr(outcome))
    report = watcher.result('the pose', cmd='ready', result='ok')
    equal((report.channel('tilt')['target'], report.channel('led')['on']), (12.5, True), 'what it set')


if __name__ == '__main__':
    harness.main()
