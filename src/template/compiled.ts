/** Compiled templates, kept for the next time the same text is rendered. */
import { Lexer, defaultSyntax } from './lexer.ts';
import { ExpressionParser } from './parser.ts';
import { TokenStream } from './token-stream.ts';
import { TemplateParser } from './statement-parser.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import { compileExpression } from './compile-expression.ts';
import { compileStatements, collectBlocks } from './compile-statement.ts';
import { headerSyntax } from './header.ts';
import type { Expression, Statement } from './ast.ts';
import type { Frame } from './frame.ts';
import type { Syntax } from './types.ts';

export type Evaluate = (frame: Frame) => unknown;
export type Output = unknown[];
export type Execute = (frame: Frame, output: Output) => void;

/** One text, ready to run. */
export class CompiledTemplate {
  readonly text: string;
  /** The file it came from, if it is one. */
  readonly file: string | undefined;
  readonly syntax: Syntax;
  /** Whether it calls a method that changes a list or dict in place, so that it must be given copies. */
  mutates = false;
  execute: Execute = () => undefined;
  evaluate: Evaluate = () => null;
  readonly blocks = new Map<string, Execute>();

  constructor(text: string, file: string | undefined, syntax: Syntax) {
    this.text = text;
    this.file = file;
    this.syntax = syntax;
  }
}

/** How the text of a template is to be read. */
export interface Reading {
  /** Backslashes between {{ }} stand for themselves. */
  readonly plainBackslashes: boolean;
  readonly file?: string | undefined;
  readonly syntax?: Partial<Syntax> | undefined;
}

/** The most texts kept; the oldest half goes when there are more. */
const CAPACITY = 5000;
/** By text, so that asking needs no new string: those of task arguments, then those in which backslashes escape. */
const templates = { plain: new Map<string, CompiledTemplate>(), escaped: new Map<string, CompiledTemplate>() };
/** Those that are read by rules of their own. */
const special = new Map<string, CompiledTemplate>();
const expressions = { plain: new Map<string, CompiledTemplate>(), escaped: new Map<string, CompiledTemplate>() };

function keep(cache: Map<string, CompiledTemplate>, key: string, template: CompiledTemplate): CompiledTemplate {
  if (cache.size >= CAPACITY) for (const old of [...cache.keys()].slice(0, CAPACITY / 2)) cache.delete(old);
  cache.set(key, template);
  return template;
}

/** The syntax tree of a template. Throws TemplateSyntaxError. */
export function parseTemplate(text: string, reading: Reading): { statements: readonly Statement[]; syntax: Syntax } {
  const { length, syntax: header } = headerSyntax(text);
  const syntax = { ...defaultSyntax, ...reading.syntax, ...header };
  // Jinja2 drops the last newline; the engine puts back as many as the text had.
  const body = text.length > length ? text.replace(/(?:\r?\n|\r)$/, '') : text;
  return { statements: new TemplateParser(new Lexer(body, syntax, reading.plainBackslashes, length).template()).template(), syntax };
}

/** The syntax tree of a bare expression. Throws TemplateSyntaxError. */
export function parseExpression(text: string, plainBackslashes: boolean): Expression {
  const tokens = new TokenStream(new Lexer(text, defaultSyntax, plainBackslashes).expression());
  const expression = new ExpressionParser(tokens).tuple();
  if (tokens.current.kind !== 'end') throw new TemplateSyntaxError(`unexpected '${tokens.current.text}'`, tokens.current.at);
  return expression;
}

/** A template compiled, from the cache if it was before. Throws TemplateSyntaxError. */
export function compileTemplate(text: string, reading: Reading): CompiledTemplate {
  const isSpecial = reading.syntax !== undefined || reading.file !== undefined;
  const cache = isSpecial ? special : reading.plainBackslashes ? templates.plain : templates.escaped;
  const key = isSpecial ? `${JSON.stringify(reading)}${text}` : text;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const { statements, syntax } = parseTemplate(text, reading);
  const template = new CompiledTemplate(text, reading.file, syntax);
  template.execute = compileStatements(statements, template);
  for (const [name, body] of collectBlocks(statements, template)) template.blocks.set(name, body);
  return keep(cache, key, template);
}

/** A bare expression compiled, from the cache if it was before. Throws TemplateSyntaxError. */
export function compileBareExpression(text: string, plainBackslashes: boolean): CompiledTemplate {
  const cache = plainBackslashes ? expressions.plain : expressions.escaped;
  const known = cache.get(text);
  if (known !== undefined) return known;
  const template = new CompiledTemplate(text, undefined, defaultSyntax);
  template.evaluate = compileExpression(parseExpression(text, plainBackslashes), template);
  return keep(cache, text, template);
}
