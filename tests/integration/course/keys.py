# SPDX-License-Identifier: MIT
"""The PC's side of a course for a Jetson Nano car, written anew from what it publishes: a key loop that opens a connection for each
key, publishes one plain word at QoS 0 and closes it.

    keys.py camera|car|speed|steer HOST PORT [--rate N]

reads keys from standard input, a character each: w s a d turn the camera (camera), q and e are its presets; w x drive, a d steer, s goes
straight, a blank stops (car); what stands on a line is a number (speed, steer). It prints each word with the time at which it was handed
to paho, in nanoseconds of the monotonic clock. With --rate it publishes so many a second over one connection, as a held key does."""
import sys
import time

import paho.mqtt.client as mqtt
import paho.mqtt.publish as publish

CAMERA = {'w': 'up', 's': 'down', 'a': 'left', 'd': 'right', 'q': 'preset1', 'e': 'preset2'}
CAR = {'w': 'forward', 'x': 'backward', 'a': 'left1', 'd': 'right1', 's': 'straight', ' ': 'stop'}
TOPICS = {'camera': 'pt/control', 'car': 'car/control', 'speed': 'set/speed', 'steer': 'set/steer'}


def words(what):
    if what in ('speed', 'steer'):
        for line in sys.stdin:
            yield line.strip()
        return
    for line in sys.stdin:
        for key in line.rstrip('\n'):
            word = (CAMERA if what == 'camera' else CAR).get(key)
            if word:
                yield word


def held(host, port, topic, rate, stream):
    if hasattr(mqtt, 'CallbackAPIVersion'):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1)
    else:
        client = mqtt.Client()
    client.connect(host, port, 60)
    client.loop_start()
    while not client.is_connected():
        time.sleep(0.01)
    next_at = time.monotonic()
    for word in stream:
        time.sleep(max(0, next_at - time.monotonic()))
        next_at += 1 / rate
        print(time.monotonic_ns(), word, flush=True)
        client.publish(topic, word, qos=0).wait_for_publish()
    client.disconnect()
    client.loop_stop()


def main():
    what, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    topic = TOPICS[what]
    if '--rate' in sys.argv:
        held(host, port, topic, float(sys.argv[sys.argv.index('--rate') + 1]), words(what))
        return
    for word in words(what):
        print(time.monotonic_ns(), word, flush=True)
        publish.single(topic, word, hostname=host, port=port)


main()
