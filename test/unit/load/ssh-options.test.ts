import { describe, expect, it } from 'vitest';
import { mayKeepConnections } from '../../../src/load/ssh-options.ts';

describe('whether connections may be kept', () => {
  it.each<[string | undefined, boolean, boolean]>([
    [undefined, false, false],
    [undefined, true, true],
    ['-C', false, false],
    ['-C', true, true],
    ['-o ControlPersist=60s', false, true],
    ["-o 'ControlPersist 1h'", false, true],
    ['-o ControlMaster=auto', false, false],
    ['-o ControlPersist=no', true, false],
    ['-oControlPersist=No', true, false],
    ['-o ControlMaster=no', true, false],
    ['-o ControlMaster=auto', true, true],
  ])('%s, usually %s', (text, usually, expected) => expect(mayKeepConnections(text, usually)).toBe(expected));
});
