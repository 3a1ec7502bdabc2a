# SPDX-License-Identifier: MIT
"""Expectation: the schema takes every status that docs/protocol.md shows, and refuses each of our own likely slips."""
import copy
import json
import pathlib
import re
import sys
import unittest

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

DOCS = pathlib.Path(__file__).resolve().parents[4] / "docs"
SCHEMA = json.loads((DOCS / "status.schema.json").read_text())
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", (DOCS / "protocol.md").read_text(), re.S)]
FULL = EXAMPLES[0]
MISSING = object()


def errors(status):
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(status)]


def changed(path, value):
    status = copy.deepcopy(FULL)
    *parents, key = path.split(".")
    place = status
    for parent in parents:
        place = place[parent]
    if value is MISSING:
        del place[key]
    else:
        place[key] = value
    return status


class Schema(unittest.TestCase):
    def test_the_schema_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_every_documented_status_is_valid(self):
        self.assertEqual(len(EXAMPLES), 4)
        for example in EXAMPLES:
            self.assertEqual(errors(example), [])

    def test_what_may_vary_is_valid(self):
        for path, value in [
            ("device", "nano-lab2"), ("report", 1), ("last", MISSING), ("health", MISSING), ("channels", {}),
            ("channels.tilt.deg", None), ("channels.tilt.target", None), ("channels.tilt.axis", MISSING),
            ("channels.tilt.assumed", True), ("channels.tilt.axis", "steer"),
            ("channels.led.stop", "off"), ("channels.lamp.stop", "off"), ("channels.drive.axis", MISSING),
            ("channels.drive.percent", -100), ("channels.drive.run", 10), ("stops", 0), ("channels.tilt", {"kind": "servo", "axis": "pan", "fault": "no chip"}),
            ("channels.led", {"kind": "switch", "fault": "busy"}), ("channels.tilt.deg", -12.3), ("health.gpu", MISSING),
            ("last.id", MISSING), ("last.why", "already at 45°"), ("last.from", "button"), ("last.again", True),
        ]:
            self.assertEqual(errors(changed(path, value)), [], path)

    def test_unknown_keys_and_kinds_are_allowed(self):
        for path, value in [
            ("new", 1), ("channels.tilt.new", 1), ("last.new", 1), ("health.new", 1),
            ("channels.wheel", {"kind": "stepper", "deg": "far"}),
        ]:
            self.assertEqual(errors(changed(path, value)), [], path)

    def test_each_slip_is_refused(self):
        for path, value in [
            ("v", 2), ("v", MISSING), ("device", "a b"), ("device", "status"), ("online", 1), ("online", MISSING),
            ("boot", ""), ("boot", MISSING), ("boot", "x" * 33), ("seq", MISSING), ("seq", -1), ("seq", 1.5),
            ("t", MISSING), ("t", -1), ("report", 0), ("report", MISSING), ("channels", MISSING), ("why", "stopped"),
            ("channels.Tilt", {"kind": "switch", "on": True}), ("channels.stop", {"kind": "switch", "on": True}),
            ("channels.tilt.kind", MISSING), ("channels.tilt.kind", "switch"), ("channels.tilt.axis", ""),
            ("channels.tilt.deg", "12"), ("channels.tilt.deg", MISSING), ("channels.tilt.deg", 1e5),
            ("channels.tilt.target", MISSING), ("channels.tilt.min", MISSING), ("channels.tilt.max", None),
            ("channels.tilt.step", MISSING), ("channels.tilt.speed", 0), ("channels.tilt.res", MISSING),
            ("channels.tilt.us", -1), ("channels.tilt.us", 1639.5), ("channels.tilt.moving", MISSING),
            ("channels.tilt.driven", 1), ("channels.tilt.assumed", False), ("channels.tilt.on", True),
            ("channels.led.on", MISSING), ("channels.led.on", 1), ("channels.led.percent", 5),
            ("channels.lamp.percent", 101), ("channels.lamp.percent", MISSING), ("channels.lamp.percent", 4.5),
            ("channels.button.on", None), ("last.n", 0), ("last.n", MISSING), ("last.id", ""), ("last.id", "a b"),
            ("last.id", None), ("last.cmd", MISSING), ("last.cmd", "x" * 65), ("last.cmd", "\x1b[2J"),
            ("last.result", "done"), ("last.result", ""), ("last.result", MISSING), ("last.why", ""),
            ("last.why", "x" * 201), ("last.result", "fault"), ("last.result", "invalid"), ("last.from", ""),
            ("last.again", False), ("health", {}), ("stops", MISSING), ("stops", -1), ("channels.led.stop", "hold"),
            ("channels.drive.percent", 101), ("channels.drive.target", MISSING), ("channels.drive.speed", -1),
            ("channels.drive.run", 0.05), ("channels.drive.run_ms", -1), ("channels.drive.driven", MISSING),
            ("channels.drive.axis", "pan"), ("channels.drive.on", True), ("health.up", 1.5), ("health.cpu", 12), ("health.mem", -0.1),
            ("fault", "configuration"), ("channels.tilt.fault", "no chip"), ("channels.led", {"kind": "switch", "fault": ""}),
            ("channels.led", {"kind": "switch", "fault": "x" * 141}), ("health.cpu_c", 41500), ("health.watts", -1), ("health.load", "0.4"),
        ]:
            self.assertNotEqual(errors(changed(path, value)), [], f"{path} = {value!r}")

    def test_at_most_64_channels(self):
        channels = {f"c{i}": {"kind": "input", "on": False} for i in range(64)}
        self.assertEqual(errors(changed("channels", channels)), [])
        channels["c64"] = {"kind": "input", "on": False}
        self.assertNotEqual(errors(changed("channels", channels)), [])


if __name__ == "__main__":
    unittest.main()
