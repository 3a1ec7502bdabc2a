# SPDX-License-Identifier: MIT
"""Expectation: docs/hardware.md shows the header of every board exactly as `nano-agent pins` draws it. `--write` puts today's
drawings into the page. usage: test_hardware_docs.py NANO_AGENT [--write]"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / 'docs' / 'hardware.md'
BEGIN, END = '<!-- drawn by nano-agent pins -->\n', '<!-- end of the drawings -->\n'
TITLES = {
    'JETSON_NANO': 'Jetson Nano', 'JETSON_TX1': 'Jetson TX1', 'JETSON_TX2': 'Jetson TX2', 'JETSON_TX2_NX': 'Jetson TX2 NX',
    'JETSON_NX': 'Jetson Xavier NX (JetPack 5 and later)', 'JETSON_NX_L4T32': 'Jetson Xavier NX (JetPack 4)',
    'JETSON_XAVIER': 'Jetson AGX Xavier (JetPack 5 and later)', 'JETSON_XAVIER_L4T32': 'Jetson AGX Xavier (JetPack 4)',
    'CLARA_AGX_XAVIER': 'Clara AGX Xavier (JetPack 5 and later)', 'CLARA_AGX_XAVIER_L4T32': 'Clara AGX Xavier (JetPack 4)',
    'JETSON_ORIN_NANO': 'Jetson Orin Nano', 'JETSON_ORIN_NX': 'Jetson Orin NX', 'JETSON_ORIN': 'Jetson AGX Orin',
    'JETSON_THOR_REFERENCE': 'Jetson Thor',
}


def boards():
    rows = []
    for name, suffix in (('boards.csv', ''), ('boards-l4t32.csv', '_L4T32')):
        for line in (ROOT / 'nano-agent' / 'board' / name).read_text().splitlines()[1:]:
            model = line.split(',')[0] + suffix
            if model not in rows:
                rows.append(model)
    return sorted(rows, key=list(TITLES).index)


def drawing(program, board):
    # A configuration that uses no pin, so that nothing is marked.
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as conf:
        conf.write('switch none { gpio = "sim" }\n')
        conf.flush()
        out = subprocess.run([program, 'pins', '-c', conf.name, '--board', board], stdout=subprocess.PIPE,
                             universal_newlines=True, check=True).stdout
    lines = [line for line in out.splitlines()[2:] if '|' in line]
    assert len(lines) == 20, out
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    return ''.join('    %s\n' % line[indent:].rstrip() for line in lines)


def drawn(program):
    parts = []
    for board in boards():
        parts.append('### %s\n\n`--board %s`\n\n%s\n' % (TITLES[board], board, drawing(program, board)))
    return '\n' + ''.join(parts)


class HardwareDocs(unittest.TestCase):
    program = None

    def test_the_page_draws_each_header_as_the_program_does(self):
        text = PAGE.read_text()
        shown = text[text.index(BEGIN) + len(BEGIN):text.index(END)]
        self.maxDiff = None
        self.assertEqual(shown, drawn(self.program), 'tests/unit/nano-agent/test_hardware_docs.py NANO_AGENT --write mends it')

    def test_every_board_has_a_title(self):
        self.assertEqual(set(boards()), set(TITLES))


if __name__ == '__main__':
    HardwareDocs.program = sys.argv.pop(1)
    if '--write' in sys.argv:
        text = PAGE.read_text()
        PAGE.write_text(re.sub(re.escape(BEGIN) + '.*' + re.escape(END), lambda _: BEGIN + drawn(HardwareDocs.program) + END,
                               text, flags=re.S))
    else:
        unittest.main()
