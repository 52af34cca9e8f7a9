import { expect, it } from 'vitest';
import { Screen } from '../../../src/report/screen.ts';

class Recorder {
  columns = 40;
  rows = 10;
  writes: string[] = [];
  #listeners = new Set<() => void>();
  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }
  on(_event: string, listener: (error: Error) => void): void {
    this.#listeners.add(listener as () => void);
  }
  off(_event: string, listener: () => void): void {
    this.#listeners.delete(listener);
  }
  resize(columns: number): void {
    this.columns = columns;
    for (const listener of this.#listeners) listener();
  }
  get listening(): number {
    return this.#listeners.size;
  }
  taken(): string[] {
    return this.writes.splice(0);
  }
}

function opened(redraw: () => void = () => undefined): { output: Recorder; screen: Screen } {
  const output = new Recorder();
  const screen = new Screen(output, redraw);
  screen.open();
  output.taken();
  return { output, screen };
}

it('writes nothing when nothing has changed', () => {
  const { output, screen } = opened();
  screen.draw(['one', 'two']);
  expect(output.taken()).toHaveLength(1);
  screen.draw(['one', 'two']);
  expect(output.taken()).toEqual([]);
});

it('writes each picture at once, and of it only the lines that differ', () => {
  const { output, screen } = opened();
  screen.draw(['one', 'two', 'three']);
  output.taken();
  screen.draw(['one', 'TWO', 'three']);
  const [text, ...more] = output.taken();
  expect(more).toEqual([]);
  expect(text).toContain('TWO');
  expect(text).not.toMatch(/one|three/);
});

it('prints above the picture and draws it again in the same write', () => {
  const { output, screen } = opened();
  screen.draw(['picture']);
  output.taken();
  screen.print(['failed']);
  const [text, ...more] = output.taken();
  expect(more).toEqual([]);
  expect(text).toMatch(/failed[^]*picture/);
});

it('prints as it is while closed', () => {
  const output = new Recorder();
  new Screen(output, () => undefined).print(['a', 'b']);
  expect(output.taken()).toEqual(['a\nb\n']);
});

it('goes up by the rows that a narrower terminal has broken the lines into', () => {
  const { output, screen } = opened(() => screen.draw(['x'.repeat(15)]));
  screen.draw(['x'.repeat(35), 'short']);
  output.taken();
  output.resize(20);
  expect(output.taken().join('')).toContain('\x1b[3A');
});

it('draws nothing and listens to nothing once closed, and can be opened again', () => {
  const { output, screen } = opened();
  screen.draw(['one']);
  screen.close();
  expect(output.taken().at(-1)).toBe('\x1b[?25h');
  expect(output.listening).toBe(0);
  screen.draw(['two']);
  screen.close();
  expect(output.taken()).toEqual([]);
  screen.open();
  screen.draw(['one']);
  expect(output.taken().join('')).toContain('one');
});
