/** A pair of groupby: a tuple whose items also have names. */
import { Tuple } from './values.ts';

export class GroupTuple extends Tuple {
  static make(grouper: unknown, list: unknown[]): GroupTuple {
    const pair = new GroupTuple();
    pair.push(grouper, list);
    return pair;
  }
}
