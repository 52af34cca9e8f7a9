/** --step: the person at the terminal decides on each task. */

type Ask = (question: string) => Promise<string>;

/** Asks once for each task, whichever host comes to it first, until the person wants to be asked no more. */
export class Stepper {
  readonly #ask: Ask;
  readonly #decisions = new Map<string, Promise<boolean>>();
  #before: Promise<unknown> = Promise.resolve();
  #asking = true;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Whether a task may run on the hosts. As in Ansible, anything but an answer that starts with y or c means no. */
  readonly allows = (task: { readonly id: string; readonly name: string }): Promise<boolean> => {
    let decision = this.#decisions.get(task.id);
    if (!decision) {
      decision = this.#before.then(() => !this.#asking || this.#decide(task.name));
      this.#before = decision.catch(() => undefined);
      this.#decisions.set(task.id, decision);
    }
    return decision;
  };

  async #decide(name: string): Promise<boolean> {
    const answer = (await this.#ask(`Perform task: ${name} (N)o/(y)es/(c)ontinue: `)).trim().toLowerCase();
    if (answer.startsWith('c')) this.#asking = false;
    return answer.startsWith('y') || answer.startsWith('c');
  }
}
