/**
 * The digits as pictures of 7x12, drawn for boxprop after the output codes of the paper's figure 3.
 */
const PICTURES = [
  [
    '..###.. ...#... .#####. ####### .....#.',
    '.#...#. ..##... #.....# ......# ....##.',
    '#.....# .#.#... ......# .....#. ...#.#.',
    '#.....# ...#... ......# ....#.. ..#..#.',
    '#.....# ...#... .....#. ...#... .#...#.',
    '#.....# ...#... ....#.. ..####. #....#.',
    '#.....# ...#... ...#... ......# #....#.',
    '#.....# ...#... ..#.... ......# #######',
    '#.....# ...#... .#..... ......# .....#.',
    '#.....# ...#... #...... ......# .....#.',
    '.#...#. ...#... #...... #.....# .....#.',
    '..###.. .#####. ####### .#####. .....#.',
  ],
  [
    '####### ..####. ####### .#####. .#####.',
    '#...... .#..... #.....# #.....# #.....#',
    '#...... #...... ......# #.....# #.....#',
    '#...... #...... .....#. #.....# #.....#',
    '######. #...... .....#. .#...#. #.....#',
    '......# ######. ....#.. ..###.. #.....#',
    '......# #.....# ....#.. .#...#. .######',
    '......# #.....# ...#... #.....# ......#',
    '......# #.....# ...#... #.....# ......#',
    '......# #.....# ..#.... #.....# ......#',
    '#.....# #.....# ..#.... #.....# .....#.',
    '.#####. .#####. ..#.... .#####. .####..',
  ],
];

/**
 * The codes of the first digits: 1 where the picture is black, −1 where it is white.
 *
 * @param classes the number of digits, at most 10.
 * @param units the length of a code: 84 for whole pictures, fewer for pixels at equal distances.
 */
export function digitBitmaps(classes: number, units = 84): number[][] {
  return Array.from({ length: classes }, (_, digit) => {
    const rows = PICTURES[Math.floor(digit / 5)].map((row) => row.split(' ')[digit % 5]);
    const pixels = Array.from(rows.join(''), (pixel) => (pixel === '#' ? 1 : -1));
    return Array.from({ length: units }, (_, i) => pixels[Math.floor((i * pixels.length) / units)]);
  });
}
