/** Every kind of state that a baseline records, in the order in which differences are told. */
import type { StateKind } from '../kind.ts';

export const kinds: readonly StateKind[] = [];
