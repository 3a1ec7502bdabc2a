# SPDX-License-Identifier: MIT
"""The subscriber that MQTT tutorials for the Jetson Nano begin with: it knows nothing of this project. Its broker and
port are arguments here, and it says when it has subscribed; else it behaves as such scripts do."""
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    print("Connected with result code " + str(rc))
    client.subscribe("jetson/control")


def on_subscribe(client, userdata, mid, granted_qos):
    print("Subscribed")


def on_message(client, userdata, msg):
    print(f"Received message: {msg.payload.decode()}")
    if msg.payload.decode() == "led_on":
        print("LED ON command received")
    elif msg.payload.decode() == "led_off":
        print("LED OFF command received")


sys.stdout.reconfigure(line_buffering=True)
if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
    subscriber = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1)
else:
    subscriber = mqtt.Client()
subscriber.on_connect = on_connect
subscriber.on_subscribe = on_subscribe
subscriber.on_message = on_message
subscriber.connect(sys.argv[1], int(sys.argv[2]), 60)
subscriber.loop_forever()
