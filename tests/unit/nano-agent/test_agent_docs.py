# SPDX-License-Identifier: MIT
"""Expectation: docs/agent.md tells of every configuration key, every value of a policy, every option and every line of
the log that somebody may have to act on; what it shows as written by the program is what the program writes."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
AGENT = ROOT / 'nano-agent'
DOC = (ROOT / 'docs' / 'agent.md').read_text()
CONF = (AGENT / 'dist' / 'nano-agent.conf').read_text()
# Where sentences for the log are made.
SOURCES = [*sorted(AGENT.rglob('*.c')), ROOT / 'common' / 'mqtt' / 'link_reason.c']
# Sub-commands print to the terminal what mends it; their sentences and those about the file are told whole.
NOT_LOGGED = {'check.c', 'check_report.c', 'check_software.c', 'check_hardware.c', 'check_broker.c', 'check_motors.c', 'check_kits.c', 'trial.c', 'pins.c', 'join_device.c', 'join_service.c', 'config.c', 'config_file.c', 'config_text.c', 'config_channels.c',
              'config_repertoire.c', 'config_describe.c',
              'claims.c', 'section.c', 'section_servo.c', 'section_motor.c', 'section_input.c', 'section_dimmer.c',
              'address.c', 'health.c', 'sim.c', 'notify.c', 'identity.c', 'positions.c', 'board.c', 'motion.c'}
# Sentences that nobody can act on, or that only go into a report.
EXEMPT = (
    'out of memory',
    'answer to %s: %s', 'reply to %s: %s', 'offline status: %s',  # a report that found no room is made again
    'stopped meanwhile', '%d ms too late', 'meant for another run', 'this id was used for', 'a retained command is an old command',
    '%s %s: %s',  # the hardware's words, told by the line that has them
    'tls %s, name',  # the configuration as understood
    '%s can be no %s',  # the configuration refuses it before
)

PARTS = re.compile(r'"((?:[^"\\]|\\.)*)"')
CALL = re.compile(r'\b(log_warning|log_error|trouble|say|refuse|snprintf)\(')


def section(title):
    match = re.search(r'^### %s\n(.*?)(?=^##)' % re.escape(title), DOC, re.M | re.S)
    assert match, 'docs/agent.md has no section %s' % title
    return match.group(1)


def row(text, key):
    """The row of a table whose first cell names key."""
    for line in text.splitlines():
        if line.startswith('|') and re.search(r'`[^`]*\b%s\b[^`]*`' % re.escape(key), line.split('|')[1]):
            return line
    return None


def keys():
    """(section, key, words) of the parser's tables, and of the broker's keys."""
    tables = {'The whole': AGENT / 'config' / 'config_file.c'}
    for path in sorted((AGENT / 'config').glob('section_*.c')):
        tables['%s NAME' % path.stem.removeprefix('section_')] = path
    count = 0
    for where, path in tables.items():
        table = path.read_text()
        table = table[table.index('keys[] = {'):]
        for name, kind, rest in re.findall(r'\{"(\w+)", (KEY_\w+),(.*?)\},\n', table[:table.index('};')], re.S):
            count += 1
            yield where, name, PARTS.findall(rest)[-1].split() if kind == 'KEY_WORD' else []
    assert count > 30, 'the tables of keys are read: %d' % count
    broker = (ROOT / 'common' / 'broker_options.h').read_text()
    broker = broker[broker.index('#define BROKER_OPTIONS_CFG'):]
    for name in re.findall(r'CFG_\w+\("(\w+)"', broker):
        yield 'The whole', name, []
    for name in re.findall(r'CFG_STR\("(\w+)"', (ROOT / 'common' / 'broker_options.c').read_text()):
        yield 'The whole', name, []
    yield 'The whole', 'tls', []
    for name in re.findall(r'CFG_STR\("(\w+)"', (ROOT / 'common' / 'broker_tls.c').read_text()):
        yield 'TLS', name, []


def strip_comments(text):
    return re.sub(r'/\*.*?\*/', '', re.sub(r'(?m)(?<!:)//.*$', '', text), flags=re.S)


def arguments(text, start):
    """The text of a call's arguments, from behind its parenthesis."""
    depth, at = 1, start
    while depth:
        match = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[()]').search(text, at)
        depth += {'(': 1, ')': -1}.get(match.group(), 0)
        at = match.end()
    return text[start:at - 1]


def sentences():
    """(file, sentence) of each format that may become a line of the log."""
    for path in SOURCES:
        if path.name in NOT_LOGGED:
            continue
        text = strip_comments(path.read_text())
        for call in CALL.finditer(text):
            inside = arguments(text, call.end())
            if call.group(1) == 'snprintf' and not re.match(r'\s*(why|reason)\b', inside):
                continue
            joined = re.sub(r'"\s*"', '', re.sub(r'"\s*PRI\w+\s*"', 'd', inside))
            for literal in PARTS.findall(joined)[:1]:
                yield path.name, literal.replace('\\"', '"')


def anchor(sentence):
    """The longest run of the sentence's own words."""
    return max(re.split(r'%[-0-9.*]*(?:l|ll|z)?[a-zA-Z]', sentence.replace('0x%02x', '%x')), key=len).strip(' :;,(')


class Docs(unittest.TestCase):
    def test_every_configuration_key_is_told(self):
        for where, key, words in keys():
            line = row(section(where), key)
            self.assertIsNotNone(line, '%s: no row for %s' % (where, key))
            for word in words:
                if key not in ('active_low',):
                    self.assertIn(word, line, '%s: %s does not say %s' % (where, key, word))

    def test_every_configuration_key_is_in_the_default_configuration(self):
        for where, key, words in keys():
            self.assertRegex(CONF, r'(?m)^[#\s]*(.*[{\s])?%s\b *(=|\{)' % key, '%s: %s' % (where, key))
            self.assertTrue(all(word in CONF for word in words), key)

    def test_no_key_is_told_that_there_is_not(self):
        known = {}
        for where, key, _ in keys():
            known.setdefault(where, set()).add(key)
        for where, names in known.items():
            for line in section(where).splitlines():
                cell = line.split('|')[1] if line.startswith('| `') else ''
                for word in re.findall(r'\w+', ' '.join(re.findall(r'`([^`]*)`', cell))):
                    self.assertIn(word, names, '%s: %s is no key' % (where, word))

    def test_the_table_of_policies_has_every_value_of_each(self):
        text = DOC[DOC.index('## What happens when'):DOC.index('## What outlasts a restart')]
        told, key = {}, None
        for line in text.splitlines():
            cells = [cell.strip().strip('`') for cell in line.split('|')]
            if len(cells) < 8 or cells[1] in ('when', '---'):
                continue
            key = cells[2] or key
            for kind, cell in zip(('servo', 'switch', 'dimmer'), cells[4:7]):
                if cell != '–':
                    told.setdefault((kind, key), set()).add(cells[3])
        for where, key, words in keys():
            if key in ('start', 'safe', 'lost', 'exit'):
                self.assertEqual(told.get((where.split()[0], key)), set(words), '%s: %s' % (where, key))

    def test_every_line_of_the_log_that_asks_for_action_is_told(self):
        count, missing = 0, []
        for name, sentence in sentences():
            words = anchor(sentence)
            if len(words) < 6 or sentence.startswith(EXEMPT):
                continue
            count += 1
            if words not in DOC:
                missing.append('%s: "%s" (%r)' % (name, sentence, words))
        self.assertEqual(missing, [], 'not in docs/agent.md:\n%s' % '\n'.join(missing))
        self.assertGreater(count, 40, 'the sentences are found')

    def test_every_option_is_told(self):
        options = []
        for path in (AGENT / 'config' / 'config.c', ROOT / 'common' / 'broker_options.c'):
            text = path.read_text()
            text = text[text.index('struct argp_option'):]
            options += re.findall(r'\{"([\w-]+)", ', text[:text.index('};')])
        self.assertIn('state', options)
        table = DOC[DOC.index('## Command line'):DOC.index('## Configuration')]
        short = {'host': 'h', 'port': 'p', 'username': 'u', 'user': 'u', 'pw': 'P', 'password': 'P', 'id': 'i',
                 'keepalive': 'k', 'qos': 'q', 'verbose': 'v', 'protocol-version': 'V', 'mqtt-version': 'V'}
        for option in options:
            told = '`--%s' % option in table or ', `--%s' % option in table or '--%s ' % option in table
            told = told or (option in short and re.search(r'`-%s\b' % short[option], table))
            self.assertTrue(told, '--%s is not in the table of options' % option)


if __name__ == '__main__':
    unittest.main()
