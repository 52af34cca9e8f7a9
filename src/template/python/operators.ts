/** The operators of expressions on values of any type. */
import { TimeDelta } from './datetime.ts';
import { copyDict, dictEntries } from './dict.ts';
import { percentFormat } from './percent.ts';
import { add as addNumbers, divide, floorDivide, isArithmetic, modulo as moduloNumbers, multiply as multiplyNumbers, negate, power, subtract as subtractNumbers, toInt } from './number.ts';
import { escapeHtml } from './html.ts';
import { text } from './text.ts';
import { DictView, MarkedText, Tuple, Undefined, isDict, isString, typeName, unmark, valueError } from './values.ts';

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '|';

/** Text longer than this is a mistake, not a value. */
const LONGEST = 100_000_000;

export function binary(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  if (left instanceof Undefined) throw left.error();
  if (right instanceof Undefined) throw right.error();
  switch (operator) {
    case '+':
      return plus(left, right);
    case '-':
      return minus(left, right);
    case '*':
      return times(left, right);
    case '%':
      if (isString(left)) return percentFormat(unmark(left) as string, right);
      break;
    case '|':
      if (isDict(left) && isDict(right)) return new Map([...copyDict(left), ...dictEntries(right)]);
      break;
    default:
  }
  if (!isArithmetic(left) || !isArithmetic(right)) throw unsupported(operator, left, right);
  switch (operator) {
    case '/':
      return divide(left, right);
    case '//':
      return floorDivide(left, right);
    case '%':
      return moduloNumbers(left, right);
    case '**':
      return power(left, right);
    default:
      throw unsupported(operator, left, right);
  }
}

function unsupported(operator: string, left: unknown, right: unknown): Error {
  if (operator === '+' && isString(left)) {
    return valueError(`can only concatenate str (not "${typeName(right)}") to str`, "Join text and other values with '~', or convert with | string or | int.");
  }
  if (operator === '+' && Array.isArray(left)) return valueError(`can only concatenate list (not "${typeName(right)}") to list`);
  return valueError(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

function plus(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (isArithmetic(left) && isArithmetic(right)) return addNumbers(left, right);
  if (isString(left) && isString(right)) return joinMarked([left, right]);
  if (Array.isArray(left) && Array.isArray(right) && typeName(left) === typeName(right)) {
    return left instanceof Tuple ? Tuple.fromList([...left, ...(right as unknown[])]) : [...(left as unknown[]), ...(right as unknown[])];
  }
  if (left instanceof Date && right instanceof TimeDelta) return new Date(left.getTime() + right.milliseconds);
  throw unsupported('+', left, right);
}

function minus(left: unknown, right: unknown): unknown {
  if (isArithmetic(left) && isArithmetic(right)) return subtractNumbers(left, right);
  if (left instanceof Date && right instanceof Date) return new TimeDelta(left.getTime() - right.getTime());
  if (left instanceof Date && right instanceof TimeDelta) return new Date(left.getTime() - right.milliseconds);
  if (left instanceof DictView && right instanceof DictView) {
    const gone = new Set(right.items);
    return left.items.filter((item) => !gone.has(item));
  }
  throw unsupported('-', left, right);
}

function times(left: unknown, right: unknown): unknown {
  if (isArithmetic(left) && isArithmetic(right)) return multiplyNumbers(left, right);
  const [sequence, count] = isString(left) || Array.isArray(left) ? [left, right] : [right, left];
  if (!isArithmetic(count)) throw unsupported('*', left, right);
  if (isString(sequence)) {
    const word = unmark(sequence) as string;
    const repeats = Math.max(0, toInt(count));
    if (word.length * repeats > LONGEST) throw valueError('the repeated text would be too long');
    return word.repeat(repeats);
  }
  if (Array.isArray(sequence)) {
    const repeats = Math.max(0, toInt(count));
    if (sequence.length * repeats > LONGEST) throw valueError('the repeated list would be too long');
    const items = Array.from({ length: repeats }, () => sequence as unknown[]).flat();
    return sequence instanceof Tuple ? Tuple.fromList(items) : items;
  }
  throw unsupported('*', left, right);
}

/** `~`: the texts of all values, one after the other. */
export function concatenate(values: readonly unknown[]): unknown {
  return values.some((value) => value instanceof MarkedText) ? joinMarked(values) : values.map(text).join('');
}

/** When one part is markup, the others are escaped and the whole is markup. */
function joinMarked(values: readonly unknown[]): unknown {
  if (!values.some((value) => value instanceof MarkedText && value.kind === 'markup')) return values.map(text).join('');
  return new MarkedText(values.map((value) => escapeHtml(value).text).join(''), 'markup');
}

export function unary(operator: '-' | '+', value: unknown): unknown {
  if (value instanceof Undefined) throw value.error();
  if (!isArithmetic(value)) throw valueError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  return operator === '-' ? negate(value) : typeof value === 'boolean' ? Number(value) : value;
}
