# SPDX-License-Identifier: MIT
"""ROOT/about: who a board without a monitor is, and at which address it can be reached."""
import ctypes
import json
import os

import harness
from harness import SOURCE_DIR, Skip, check, equal, scenario, tool, wait_for

try:
    import jsonschema
except ImportError:
    jsonschema = None


def valid(about):
    if jsonschema:
        with open(os.path.join(SOURCE_DIR, 'docs', 'about.schema.json'), encoding='utf-8') as f:
            jsonschema.validate(about, json.load(f))


def alone():
    """A network of our own, with a card that can be given addresses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(0x40000000) < 0:
        raise Skip('a network namespace needs root')


def ip(stage, *words):
    done = stage.run([tool('ip')] + list(words))
    if done.code:
        raise Skip('ip %s: %s' % (' '.join(words), done.err.strip()))


def network(stage):
    alone()
    ip(stage, 'link', 'set', 'lo', 'up')
    ip(stage, 'tuntap', 'add', 'usb0', 'mode', 'tap')
    ip(stage, 'link', 'set', 'usb0', 'up')


@scenario
def about_is_kept_and_follows_the_first_status(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['jetson/#'], qos=1)
    agent = stage.agent(broker, args=['--device', 'arm'])
    report = watcher.wait(lambda r: r.topic == 'jetson/arm/about', 'about')
    first = watcher.since()[0]
    equal((first.topic, first.online), ('jetson/arm/status', True), 'the first message')
    equal(report.qos, 1, 'QoS')
    check(len(report.payload) <= 4096, len(report.payload))
    about = report.status
    valid(about)
    equal((about['v'], about['device'], about['boot']), (1, 'arm', first.boot), 'whose it is')
    equal(about['host'], os.uname().nodename, 'host')
    equal(about['config']['file'], agent.config_path, 'the configuration')
    equal(about['channels']['led'], 'pin 7', 'where the LED is')
    late = stage.watcher(broker, topics=['jetson/+/about'])
    check(late.wait(lambda r: r.status == about, 'the same, later').retained, 'retained')


@scenario
def an_address_that_comes_or_goes_is_told(stage):
    network(stage)
    ip(stage, 'address', 'add', '192.168.55.1/24', 'dev', 'usb0')
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['jetson/about'])
    stage.agent(broker)
    first = watcher.wait(lambda r: r.status, 'about').status
    equal(first['addresses'], [{'if': 'usb0', 'ip': '192.168.55.1'}], 'addresses')
    mark = watcher.mark()
    ip(stage, 'address', 'add', '10.9.8.7/24', 'dev', 'usb0')
    watcher.wait(lambda r: {'if': 'usb0', 'ip': '10.9.8.7'} in r.status['addresses'], 'the new address', mark)
    ip(stage, 'address', 'del', '192.168.55.1/24', 'dev', 'usb0')
    watcher.wait(lambda r: r.status['addresses'] == [{'if': 'usb0', 'ip': '10.9.8.7'}], 'the old one is gone', mark)


@scenario
def every_connection_tells_it_again(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['jetson/about'])
    stage.agent(broker)
    watcher.wait(lambda r: r.status, 'about')
    broker.kill()
    again = broker.again()
    other = stage.watcher(again, topics=['jetson/about'])
    # It keeps nothing, so whatever is there was told anew.
    other.wait(lambda r: r.status, 'about', deadline=20)


@scenario
def a_service_with_a_mistake_says_where_it_can_be_reached(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['jetson/about'])
    agent = stage.agent(broker, channels='sped = 1\n', env={'NOTIFY_SOCKET': stage.path('notify')})
    about = watcher.wait(lambda r: r.status, 'about').status
    valid(about)
    equal(about['config']['file'], agent.config_path, 'the file that is to be mended')
    wait_for(lambda: 'unknown key sped' in agent.err(), 'the log says what is wrong')


if __name__ == '__main__':
    harness.main()
