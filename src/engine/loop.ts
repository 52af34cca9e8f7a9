/** What a loop goes over, and the variables that its tasks see. */
import { CtplayError } from '../errors.ts';
import type { Loop, Repeatable } from '../load/tree.ts';
import { omit, type Templar } from '../template/index.ts';
import { truth } from './become.ts';

/** The items of `loop` or `with_NAME`. Throws playbook.keyword when there is no list. */
export function loopItems(loop: Loop, templar: Templar, task: Pick<Repeatable, 'source'>): readonly unknown[] {
  const span = task.source.at([loop.lookup === undefined ? 'loop' : `with_${loop.lookup}`]);
  const rendered = templar.render(loop.items, { span });
  if (loop.lookup !== undefined) return templar.lookup(loop.lookup, Array.isArray(rendered) ? rendered : [rendered], new Map(), { span });
  if (Array.isArray(rendered)) return rendered.filter((item) => item !== omit);
  throw new CtplayError('playbook.keyword', "'loop' must give a list", { span, found: `${JSON.stringify(rendered)}`, hint: 'Loop over a mapping with `mapping | dict2items`.' });
}

/** The variables of one turn: the item, its index, `ansible_loop` where asked for. */
export function loopVariables(loop: Loop, items: readonly unknown[], index: number, templar: Templar, task: Pick<Repeatable, 'source'>): Record<string, unknown> {
  const { control } = loop;
  return {
    [control.loopVar]: items[index],
    ansible_loop_var: control.loopVar,
    ...(control.indexVar === undefined ? {} : { [control.indexVar]: index, ansible_index_var: control.indexVar }),
    ...(control.extended !== undefined && truth(templar.render(control.extended), 'extended', task.source) ? { ansible_loop: loopState(items, index, control.extendedAllitems === undefined || truth(templar.render(control.extendedAllitems), 'extended_allitems', task.source)) } : {}),
  };
}

function loopState(items: readonly unknown[], index: number, withAll: boolean): Record<string, unknown> {
  const { length } = items;
  const isLast = index === length - 1;
  return {
    index: index + 1, index0: index, first: index === 0, last: isLast, length, revindex: length - index, revindex0: length - index - 1,
    ...(withAll ? { allitems: items } : {}), ...(isLast ? {} : { nextitem: items[index + 1] }), ...(index > 0 ? { previtem: items[index - 1] } : {}),
  };
}
