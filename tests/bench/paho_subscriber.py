# SPDX-License-Identifier: MIT
"""What a tutorial would have one write: prints each command and publishes a status. Usage: PORT ROOT SIZE"""
import sys

import paho.mqtt.client as mqtt

port, root, size = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
status = "x" * size


def on_connect(client, userdata, flags, rc):
    print("Connected with result code " + str(rc))
    client.subscribe(root + "/control", qos=1)


def on_subscribe(client, userdata, mid, granted_qos):
    client.publish(root + "/status", status)


def on_message(client, userdata, msg):
    print(f"Received message: {msg.payload.decode()}")
    client.publish(root + "/status", status, qos=msg.qos)


if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1)
else:
    client = mqtt.Client()
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect("127.0.0.1", port, 60)
client.loop_forever()
