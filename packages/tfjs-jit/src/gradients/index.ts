import { registerActivations, registerElementwise } from './elementwise.js';
import { registerImages } from './images.js';
import { registerProducts } from './products.js';
import { registerReductions } from './reduce.js';
import { registerShapes } from './shape.js';

/**
 * Registers gradients of the operations that can be compiled, unless they are registered already. In Node,
 * `@tensorflow/tfjs-core` has none: its bundle leaves them out, and the package's modules cannot be imported, because
 * they import each other without file extensions. Only the umbrella package `@tensorflow/tfjs`, which includes browser
 * backends, registers them.
 */
export function registerGradients(): void {
  registerElementwise();
  registerActivations();
  registerReductions();
  registerShapes();
  registerProducts();
  registerImages();
}
