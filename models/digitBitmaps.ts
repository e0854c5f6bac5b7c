/**
 * The digits as pictures of 7x12 pixels. They imitate the output codes in figure 3 of the LeNet-5
 * paper (LeCun et al. 1998).
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
 * Returns the codes of the first digits: 1 for a black pixel, −1 for a white one.
 *
 * @param classes the number of digits, at most 10.
 * @param units the length of a code. 84 gives all pixels of a picture; a smaller number gives
 *   pixels at equal distances.
 */
export function digitBitmaps(classes: number, units = 84): number[][] {
  return Array.from({ length: classes }, (_, digit) => {
    const rows = PICTURES[Math.floor(digit / 5)].map((row) => row.split(' ')[digit % 5]);
    const pixels = Array.from(rows.join(''), (pixel) => (pixel === '#' ? 1 : -1));
    return Array.from({ length: units }, (_, i) => pixels[Math.floor((i * pixels.length) / units)]);
  });
}
