# SPDX-License-Identifier: MIT
"""Pictures of a screen that are kept: as text in pictures/, and as SVG in docs/. What changes from run to run (times, ports,
graphs, health) is masked before a picture is compared. PICTURES=update writes those anew that differ."""
import os
import re
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape

from screen import check, harness

TEXTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pictures')
DOCS = os.path.join(harness.SOURCE_DIR, 'docs')
HOW = 'Look whether the new one is right; then: PICTURES=update tests/run --quick screen.pictures'

BRAILLE = re.compile('[\u2800-\u28ff]')
MASKS = (
    (re.compile(r'\d\d:\d\d:\d\d\.\d{3}'), 'HH:MM:SS.mmm'),
    (re.compile(r'\d\d:\d\d:\d\d'), 'HH:MM:SS'),
    (re.compile(r'127\.0\.0\.1:\d+( [·|] MQTT 5)? +([◉@]) connected.*?(  HH:MM:SS)?$'), r'BROKER \2 connected\3'),
    # Of the same length, because another pane may stand right of it.
    (re.compile(r'([▴^] [a-z_]+(?: -?\d+)?(?: [×x]\d+)?) +.*?((?:ok|limit) [-−0-9o]\S*(?: %)?)'),
     lambda found: ('%s … %s' % found.groups()).ljust(len(found.group(0)))),
    (re.compile(r'live  [0-9.]+ s '), 'live  AGE '),
    (re.compile(r'→ 60 % +0\.\d s'), '→ 60 %   LEFT'),
    (re.compile(r'^( (CPU|load|busy|mem|GPU|up) .*)$'), ' HEALTH'),
    (re.compile(r'(load|mem|up|GPU|CPU|power) +[0-9].*$'), 'HEALTH'),
    (re.compile(r' +\d+ ms$'), '  SCALE'),
)


def masked(row):
    row = BRAILLE.sub(' ', row).rstrip()
    row = re.sub(r" {10,}[-.'_|]{1,3}$", '', row)  # a graph in ASCII signs, which may lie in the row of its scale
    for pattern, word in MASKS:
        row = pattern.sub(word, row)
    return row.rstrip()


class Picture:
    """Rows of (column, sign, style); a style is words such as `f203 bold`, as the classes in an SVG have them."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns

    @staticmethod
    def of_screen(screen):
        rows = []
        for number in range(screen.rows):
            row, column = [], 0
            for cell in screen.cells(number):
                style = ['f' + cell.fg] * (cell.fg != 'default') + ['b' + cell.bg] * (cell.bg != 'default')
                style += ['bold'] * cell.bold + ['reverse'] * cell.reverse + ['underline'] * cell.underline
                row.append((column, cell.sign, ' '.join(style)))
                column += cell.width
            rows.append(row)
        return Picture(rows, screen.columns)

    @staticmethod
    def of_svg(path):
        try:
            root = xml.parse(path).getroot()
        except (OSError, xml.ParseError):
            return None
        rows = []
        for group in root.iter('{http://www.w3.org/2000/svg}g'):
            row = []
            for run in group:
                if run.tag.endswith('text'):
                    columns = [round((float(x) - MARGIN) / WIDTH) for x in run.get('x').split()]
                    row += [(column, sign, run.get('class') or '') for column, sign in zip(columns, run.text)]
            rows.append(row)
        return Picture(rows, int(root.get('data-columns')))

    def text(self):
        """The rows as they look, without the blanks at their ends."""
        out = []
        for row in self.rows:
            signs, at = [], 0
            for column, sign, _ in row:
                signs.append(' ' * (column - at) + sign)
                at = column + 1
            out.append(''.join(signs).rstrip())
        return out

    def runs(self, row):
        """(column, text, style) of what stands together in one style. Blanks have one where they have a background."""
        out = []
        for column, sign, style in self.rows[row]:
            if sign == ' ' and not re.search(r'\bb|reverse|underline', style):
                continue
            if out and out[-1][2] == style and column - out[-1][0][-1] <= 2:
                if column - out[-1][0][-1] == 2:
                    out[-1][0].append(column - 1)
                    out[-1][1] += ' '
                out[-1][0].append(column)
                out[-1][1] += sign
            else:
                out.append([[column], sign, style])
        return out

    def styles(self):
        """A line a row: each change of style, with the first word that has it. Figures are #."""
        out = []
        for number, row in enumerate(self.text()):
            if re.search('HEALTH|SCALE', masked(row)) or not row.strip():
                continue
            line, last = [], None
            for _, text, style in self.runs(number):
                # The header leaves out the median where a slow answer needs its place; the time behind it has the same style.
                word = re.sub('[0-9.:]+|^median', '#', BRAILLE.sub(' ', text)).split()
                if style != last and word:
                    line.append('%s(%s)' % (word[0], style))
                    last = style
            if line:
                out.append('%2d  %s' % (number, ' '.join(line)))
        return out

    def described(self, styles):
        lines = [masked(row) for row in self.text()]
        return '\n'.join(lines + self.styles() * styles) + '\n'


def compare(screen, name, styles=False):
    """The screen against pictures/NAME.txt; styles: colours as well."""
    path = os.path.join(TEXTS, name + '.txt')
    have = Picture.of_screen(screen).described(styles)
    if os.environ.get('PICTURES') == 'update':
        with open(path, 'w', encoding='utf-8') as f:
            f.write(have)
        return
    want = ''
    if os.path.exists(path):
        with open(path, encoding='utf-8') as f:
            want = f.read()
    check(have == want, 'the picture %s\n--- is\n%s--- should be\n%s%s' % (name, have, want, HOW))


# The cell of a picture, in its pixels, and the space around the cells.
WIDTH, HEIGHT, MARGIN, SIZE = 8.4, 18, 14, 14
XTERM = ('000000', 'cd0000', '00cd00', 'cdcd00', '0000ee', 'cd00cd', '00cdcd', 'e5e5e5',
         '7f7f7f', 'ff0000', '00ff00', 'ffff00', '5c5cff', 'ff00ff', '00ffff', 'ffffff')


def color(number):
    number = int(number)
    if number < 16:
        return '#' + XTERM[number]
    if number >= 232:
        return '#' + '%02x' % (8 + 10 * (number - 232)) * 3
    levels = (0, 95, 135, 175, 215, 255)
    return '#%02x%02x%02x' % tuple(levels[(number - 16) // step % 6] for step in (36, 6, 1))


def colors_of(style, own, paper):
    """(foreground, background or None)."""
    fg, bg = re.search(r'\bf(\d+)', style), re.search(r'\bb(\d+)', style)
    fg, bg = color(fg.group(1)) if fg else own, color(bg.group(1)) if bg else None
    return (bg or paper, fg) if 'reverse' in style else (fg, bg)


def number(value):
    return ('%.1f' % value).rstrip('0').rstrip('.')


def svg(picture, light, title):
    own, paper = ('#000000', '#ffffff') if light else ('#e5e5e5', '#000000')
    width, height = picture.columns * WIDTH + 2 * MARGIN, len(picture.rows) * HEIGHT + 2 * MARGIN
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" data-columns="%d" xml:space="preserve">'
           % (number(width), number(height), number(width), number(height), picture.columns),
           '<title>%s</title>' % escape(title),
           '<style>text{font:%dpx "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;white-space:pre;fill:%s}'
           '.bold{font-weight:bold}.underline{text-decoration:underline}</style>' % (SIZE, own),
           '<rect width="100%%" height="100%%" rx="6" fill="%s" stroke="#808080"/>' % paper]
    for row in range(len(picture.rows)):
        out.append('<g>')
        top = MARGIN + row * HEIGHT
        for columns, text, style in picture.runs(row):
            fg, bg = colors_of(style, own, paper)
            if bg:
                out.append('<rect x="%s" y="%s" width="%s" height="%d" fill="%s"/>' % (
                    number(MARGIN + columns[0] * WIDTH), top, number((columns[-1] + 1 - columns[0]) * WIDTH), HEIGHT, bg))
            # Each sign has its place, so that a font whose signs are not all of one width moves nothing.
            out.append('<text y="%d"%s%s x="%s">%s</text>' % (
                top + HEIGHT - 5, ' class="%s"' % style if style else '', ' style="fill:%s"' % fg if fg != own else '',
                ' '.join(number(MARGIN + column * WIDTH) for column in columns), escape(text)))
        out.append('</g>')
    return '\n'.join(out + ['</svg>', ''])


def compare_svg(screen, name, light, title):
    """The screen against docs/NAME.svg."""
    path = os.path.join(DOCS, name + '.svg')
    picture, kept = Picture.of_screen(screen), Picture.of_svg(path)
    have, want = picture.described(True), kept.described(True) if kept else ''
    if have != want and os.environ.get('PICTURES') == 'update':
        with open(path, 'w', encoding='utf-8') as f:
            f.write(svg(picture, light, title))
        return
    check(have == want, 'docs/%s.svg is not what the program shows\n--- that is\n%s--- the picture has\n%s%s'
          % (name, have, want, HOW))
