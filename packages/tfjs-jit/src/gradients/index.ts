import { registerActivations, registerElementwise } from './elementwise.js';
import { registerImages } from './images.js';
import { registerProducts } from './products.js';
import { registerReductions } from './reduce.js';
import { registerShapes } from './shape.js';

/**
 * Registers gradients of the operations that can be compiled, where none are registered. In Node,
 * `@tensorflow/tfjs-core` comes without them: its bundle leaves them out, and the modules beside the bundle cannot be
 * imported, because they import each other without file extensions. Only the umbrella package `@tensorflow/tfjs`,
 * which brings its browser backends along, registers them.
 */
export function registerGradients(): void {
  registerElementwise();
  registerActivations();
  registerReductions();
  registerShapes();
  registerProducts();
  registerImages();
}
