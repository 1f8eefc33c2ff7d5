import { Label } from './label';
import { Cell } from './operand';
import { RightsMessage } from './rights';

/** What the rows of an opener share with those of who it opens for: lower-source.ts says who that is. */
export class Opener {
  /** Where the other process goes on, behind the opener's rows. */
  other: Label = new Label('other');

  constructor(
    /** The two ends of a socketpair. */
    public socket: Cell,
    public initSocket: Cell,
    /** Of an opener that is a process of its own. */
    public pid: Cell,
    /** The mount namespace that comes from init, and each tree that goes there. */
    public mounts: RightsMessage,
    public tree: RightsMessage,
  ) {}
}
