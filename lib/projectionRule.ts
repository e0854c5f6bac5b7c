/**
 * The rules by which `project` carries a signal from a unit back to the input, so that it can be
 * seen there. They differ only at some boxes:
 *
 * - `'gradient'`: the derivative, as in training (Simonyan, Vedaldi, Zisserman 2013);
 * - `'deconvnet'`: a rectifier rectifies the signal and forgets the sign of its input, and a
 *   normalization by neighbours is left out (Zeiler & Fergus 2013, arXiv:1311.2901, section 2.1);
 * - `'guided'`: a rectifier does both: it stops the signal where its input was not positive, and
 *   where the signal is not (Springenberg et al. 2014, arXiv:1412.6806, section 3.4).
 */
export const PROJECTION_RULES = ['gradient', 'deconvnet', 'guided'] as const;

/** The name of a rule by which a signal is carried back to the input. */
export type ProjectionRule = (typeof PROJECTION_RULES)[number];
