/** The eraser: a brush that takes away. */

import { Brush } from "./brush.js";

export class Eraser extends Brush {
  erases = true;
}
