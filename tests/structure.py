#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/structure.py RULE [BUILD_DIR]: looks at what was built and says where a rule of docs/architecture.md is broken.

    circles   no object files of a program refer to each other in a circle (nm)
    pure      the pure folders include nothing impure, need nothing impure from outside (nm), and are targets of their own
    names     nano-agent and pc-tui define no struct and no function of the same name, and neither shares one with common/
    sizes     no source file has more than 500 lines; pc-tui/ and nano-agent/ have at most eight .c files at their top

Exit status: 1 where the rule is broken, 77 where nm is missing.
"""
import os
import re
import shutil
import subprocess
import sys

SOURCE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD_DIR = os.path.join(SOURCE_DIR, 'build', 'tests', 'plain')
PROGRAMS = ('nano-agent', 'pc-tui')
FILE_LINES_MAX = 500
TOP_FILES_MAX = 8

# Folder -> the folders and headers whose headers it may include beside its own.
PROTOCOL = ('common/protocol/', 'common/array.h', 'common/earlier.h', 'common/text.h', 'common/hash.h')
PURE = {
    'common/protocol': PROTOCOL,
    'common/bundle': PROTOCOL,
    'nano-agent/agent': PROTOCOL,
    'pc-tui/keys': PROTOCOL,
    'pc-tui/model': PROTOCOL + ('common/mqtt/link_types.h',),  # types alone: how the link is
    'pc-tui/controller': PROTOCOL + ('pc-tui/model/',),
    'pc-tui/ui': PROTOCOL + ('pc-tui/keys/', 'pc-tui/model/', 'pc-tui/controller/'),
}
# Headers in which nothing reads a clock, waits, or reaches outside the process; of <stdio.h> only what PURE_SYMBOLS lists.
PURE_HEADERS = set('''assert ctype errno inttypes limits stdarg stdbool stddef stdint stdio stdlib string strings wchar wctype
    jansson'''.split())
# What they may need from the C library and jansson. Whatever is not here is to be shown pure before it is added.
PURE_SYMBOLS = re.compile(r'''^(
    json_(?!(load_?file|loadf|load_callback|dump_?file|dumpf|dumpfd|loadfd|dump_callback)$)\w+ |
    mem(chr|rchr|cmp|cpy|move|set|mem)(_chk)? | str(n?cmp|n?casecmp|c?spn|n?len|r?chr|str|casestr|pbrk|chrnul|n?cpy|error|to(l|ll|ul|ull|imax|umax)) |
    v?snprintf | malloc | calloc | realloc | reallocarray | free | str(n)?dup | qsort | bsearch | abort | abs |
    __ctype_(b|toupper|tolower)_loc | __errno_location | __stack_chk_fail | __assert_fail | __(v?snprintf|memcpy|memmove|memset|strcpy|strncpy|strcat)_chk | (__)?explicit_bzero(_chk)? |
    __isoc23_strtou?l?l? | isw\w+ | wc\w*width | (ubsan|asan|__ubsan|__asan|__gcov|_GLOBAL_OFFSET_TABLE_)\w* )$''', re.X)


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def sources(folder, endings=('.c', '.h')):
    """The source files below a folder, as paths from the top."""
    found = []
    for where, _, names in os.walk(os.path.join(SOURCE_DIR, folder)):
        found += [os.path.relpath(os.path.join(where, name), SOURCE_DIR) for name in names if name.endswith(endings)]
    return sorted(found)


class Object:
    """An object file: whose source it is, what it defines for others and what it needs of them."""

    def __init__(self, path):
        self.path = path
        top, below = os.path.relpath(path, BUILD_DIR).split('/CMakeFiles/', 1)
        self.target, name = below.split('.dir/', 1)
        self.source = os.path.normpath(os.path.join(top, name[:-len('.o')]))
        self.defines, self.needs = set(), set()
        for line in subprocess.run(['nm', path], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == 'U' or kind in 'vw':
                self.needs.add(symbol)
            elif kind.isupper():
                self.defines.add((symbol, kind))

    def symbols(self):
        return {symbol for symbol, _ in self.defines}


def objects(*folders):
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(BUILD_DIR, folder)):
            found += [Object(os.path.join(where, name)) for name in sorted(names) if name.endswith('.c.o')]
    if not found:
        sys.exit('nothing is built in %s' % BUILD_DIR)
    # A build directory that is used again keeps the objects of files that are gone.
    return [o for o in found if any(os.path.exists(os.path.join(top, o.source)) for top in (SOURCE_DIR, BUILD_DIR))]


def strongly_connected(graph):
    """Tarjan's algorithm: the sets of nodes that reach each other."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            found.append(stack[at:])
            del stack[at:]

    for node in graph:
        if node not in index:
            visit(node)
    return found


def circles():
    for program in PROGRAMS:
        files = objects('common', program)
        owner = {symbol: o.source for o in files for symbol in o.symbols()}
        edges = {o.source: {} for o in files}
        for o in files:
            for symbol in sorted(o.needs):
                if symbol in owner and owner[symbol] != o.source:
                    edges[o.source].setdefault(owner[symbol], []).append(symbol)
        for circle in strongly_connected(edges):
            if len(circle) == 1:
                continue
            lines = ['%s: %s refer to each other in a circle:' % (program, ', '.join(sorted(circle)))]
            for source in sorted(circle):
                for target in sorted(set(edges[source]) & set(circle)):
                    lines.append('    %s -> %s: %s' % (source, target, ', '.join(edges[source][target])))
            yield '\n'.join(lines)


def pure():
    files = objects('common', *PROGRAMS)
    for folder, allowed in PURE.items():
        for path in sources(folder):
            for number, line in enumerate(read(os.path.join(SOURCE_DIR, path)).splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
                if not match:
                    continue
                where, name = match.groups()
                if where == '<' and name[:-len('.h')] not in PURE_HEADERS:
                    yield '%s:%d: <%s> is not for a pure folder' % (path, number, name)
                if where == '"' and not name.startswith((folder + '/',) + allowed):
                    yield '%s:%d: "%s" is none of the pure headers below %s' % (path, number, name, folder)
        mine = [o for o in files if os.path.dirname(o.source) == folder]
        if not mine:
            yield '%s: no object file' % folder
        targets = {o.target for o in mine}
        if len(targets) != 1 or not all(target.endswith('-core') for target in targets):
            yield '%s: is part of %s, and not one target NAME-core' % (folder, ', '.join(sorted(targets)))
        others = {o.source for o in files if o.target in targets and os.path.dirname(o.source) != folder}
        if others:
            yield '%s: its target holds files of other folders too: %s' % (folder, ', '.join(sorted(others)))
        near = set()
        for o in files:
            if o.source.startswith((folder + '/',)) or any(o.source[:-1] + 'h' == name or o.source.startswith(name) for name in allowed):
                near |= o.symbols()
        for o in mine:
            for symbol in sorted(o.needs - near):
                if not PURE_SYMBOLS.match(symbol):
                    yield '%s: needs %s, which is not known to be pure' % (o.source, symbol)


def names():
    for kind in ('function', 'struct'):
        defined = {}
        for folder in PROGRAMS + ('common',):
            if kind == 'function':
                found = {symbol: o.source for o in objects(folder) for symbol, letter in o.defines
                         if letter in 'TDBRC' and symbol != 'main'}
            else:
                found = {name: path for path in sources(folder)
                         for name in re.findall(r'^struct (\w+) \{', read(os.path.join(SOURCE_DIR, path)), re.M)}
            for name, path in found.items():
                if name in defined:
                    yield '%s %s: in %s and in %s' % (kind, name, defined[name], path)
                defined[name] = path


def sizes():
    for path in [path for top in ('common', 'tests') + PROGRAMS for path in sources(top, ('.c', '.h', '.py'))]:
        count = read(os.path.join(SOURCE_DIR, path)).count('\n')
        if count > FILE_LINES_MAX:
            yield '%s: %d lines, more than %d' % (path, count, FILE_LINES_MAX)
    for program in PROGRAMS:
        top = [path for path in sources(program, ('.c',)) if os.path.dirname(path) == program]
        if len(top) > TOP_FILES_MAX:
            yield '%s/: %d .c files at its top, more than %d: %s' % (program, len(top), TOP_FILES_MAX, ', '.join(top))


def main():
    global BUILD_DIR
    rules = {'circles': circles, 'pure': pure, 'names': names, 'sizes': sizes}
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in rules:
        print(__doc__, file=sys.stderr)
        return 2
    if len(sys.argv) == 3:
        BUILD_DIR = os.path.abspath(sys.argv[2])
    if sys.argv[1] != 'sizes' and not shutil.which('nm'):
        print('SKIP: nm is not installed: sudo apt install binutils')
        return 77
    broken = list(rules[sys.argv[1]]())
    for sentence in broken:
        print(sentence)
    if not broken:
        print('%s: as it should be' % sys.argv[1])
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
