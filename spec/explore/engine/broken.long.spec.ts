import { GROUPS } from '../../../explore/engine/boxes.ts';
import { describeMistakes } from '../../support/mistakes.ts';

/** Tests that the checker explains each mistake that can be built into any box. */
describeMistakes(GROUPS.flatMap(({ boxes }) => Object.keys(boxes)));
