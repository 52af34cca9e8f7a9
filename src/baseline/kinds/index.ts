/** Every kind of state that a baseline records, in the order in which differences are told. */
import type { CaptureSettings, StateKind } from '../kind.ts';

export function kindsOf(_settings: CaptureSettings): readonly StateKind[] {
  return [];
}
