import * as tf from '@tensorflow/tfjs-core';
import {
  not,
  register,
  registerBinary,
  registerFlat,
  registerUnary,
  type Saved,
  type Tensor,
  unbroadcast,
  yes,
} from './register.js';

/** Registers gradients of elementwise arithmetic and of functions of one input. */
export function registerElementwise(): void {
  registerBinary(
    tf.Add,
    (dy) => dy,
    (dy) => dy,
  );
  registerBinary(tf.Sub, (dy) => dy, tf.neg);
  registerBinary(
    tf.Multiply,
    (dy, [, b]) => tf.mul(dy, b!),
    (dy, [a]) => tf.mul(dy, a!),
  );
  registerBinary(
    tf.RealDiv,
    (dy, [, b]) => tf.div(dy, b!),
    (dy, [a, b]) => tf.neg(tf.mul(dy, tf.div(a!, tf.square(b!)))),
  );
  registerBinary(
    tf.SquaredDifference,
    (dy, [a, b]) => tf.mul(dy, tf.mul(2, tf.sub(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, tf.mul(2, tf.sub(b!, a!))),
  );
  registerBinary(
    tf.Maximum,
    (dy, [a, b]) => tf.mul(dy, yes(tf.greaterEqual(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, yes(tf.less(a!, b!))),
  );
  registerBinary(
    tf.Minimum,
    (dy, [a, b]) => tf.mul(dy, yes(tf.lessEqual(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, yes(tf.greater(a!, b!))),
  );
  registerUnary(tf.Neg, 'nothing', () => tf.scalar(-1));
  registerUnary(tf.Abs, 'input', (x) => tf.step(x, -1));
  registerUnary(tf.Exp, 'output', (y) => y);
  registerUnary(tf.Log, 'input', tf.reciprocal);
  registerUnary(tf.Sqrt, 'input', (x) => tf.mul(0.5, tf.rsqrt(x)));
  registerUnary(tf.Rsqrt, 'input', (x) => tf.div(tf.mul(-0.5, tf.rsqrt(x)), x));
  registerUnary(tf.Square, 'input', (x) => tf.mul(2, x));
  registerUnary(tf.Reciprocal, 'input', (x) => tf.neg(tf.reciprocal(tf.square(x))));
  registerUnary(tf.Sigmoid, 'output', (y) => tf.mul(y, tf.sub(1, y)));
  registerUnary(tf.Tanh, 'output', (y) => tf.sub(1, tf.square(y)));
  registerUnary(tf.Relu, 'input', (x) => tf.step(x));
  registerUnary(tf.Sin, 'input', tf.cos);
  registerUnary(tf.Cos, 'input', (x) => tf.neg(tf.sin(x)));
  register(tf.Cast, {}, (dy) => ({ x: () => dy }));
  register(tf.Identity, {}, (dy) => ({ x: () => dy }));
  register(tf.Select, { inputs: ['condition'] }, (dy, [condition]) => ({
    condition: () => tf.zeros(condition!.shape),
    t: () => tf.mul(dy, yes(condition!)),
    e: () => tf.mul(dy, not(condition!)),
  }));
  registerCurves();
  registerRemainders();
}

/** Trigonometry, exponentials and their relatives. */
function registerCurves(): void {
  const inverse = (x: Tensor) => tf.rsqrt(x);
  registerUnary(tf.Acos, 'input', (x) => tf.neg(inverse(tf.sub(1, tf.square(x)))));
  registerUnary(tf.Acosh, 'input', (x) => inverse(tf.sub(tf.square(x), 1)));
  registerUnary(tf.Asin, 'input', (x) => inverse(tf.sub(1, tf.square(x))));
  registerUnary(tf.Asinh, 'input', (x) => inverse(tf.add(1, tf.square(x))));
  registerUnary(tf.Atan, 'input', (x) => tf.reciprocal(tf.add(1, tf.square(x))));
  registerUnary(tf.Atanh, 'input', (x) => tf.reciprocal(tf.sub(1, tf.square(x))));
  registerUnary(tf.Cosh, 'input', tf.sinh);
  registerUnary(tf.Sinh, 'input', tf.cosh);
  registerUnary(tf.Tan, 'input', (x) => tf.reciprocal(tf.square(tf.cos(x))));
  registerUnary(tf.Erf, 'input', (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)));
  registerUnary(tf.Expm1, 'input', tf.exp);
  registerUnary(tf.Log1p, 'input', (x) => tf.reciprocal(tf.add(x, 1)));
  registerUnary(tf.Softplus, 'input', tf.sigmoid);
  for (const name of [tf.Ceil, tf.Floor, tf.IsFinite, tf.IsInf, tf.IsNan, tf.Round, tf.Sign, tf.Step]) {
    registerFlat(name, 'x');
  }
  for (const name of [tf.OnesLike, tf.ZerosLike]) registerFlat(name, 'x');
  registerFlat(tf.GreaterEqual, 'a', 'b');
}

/** Binary operations whose gradients are not a factor for each input. */
function registerRemainders(): void {
  const squares = ([a, b]: Saved) => tf.add(tf.square(a!), tf.square(b!));
  registerBinary(
    tf.Atan2,
    (dy, saved) => tf.mul(dy, tf.div(saved[1]!, squares(saved))),
    (dy, saved) => tf.neg(tf.mul(dy, tf.div(saved[0]!, squares(saved)))),
  );
  const float = (x: Tensor) => tf.cast(x, 'float32');
  // As in TensorFlow.js: the gradient of the quotient before rounding.
  registerBinary(
    tf.FloorDiv,
    (dy, [, b]) => tf.div(dy, float(b!)),
    (dy, [a, b]) => tf.neg(tf.div(tf.mul(dy, float(a!)), float(tf.square(b!)))),
  );
  registerBinary(
    tf.Mod,
    (dy) => dy,
    (dy, [a, b]) => tf.mul(dy, tf.neg(tf.floor(tf.div(a!, b!)))),
  );
  register(tf.Pow, { inputs: ['a', 'b'], outputs: true }, (dy, [a, b, y]) => ({
    a: () => {
      const exponent = float(b!);
      return unbroadcast(tf.mul(dy, tf.mul(exponent, tf.pow(a!, tf.sub(exponent, 1)))), a!.shape);
    },
    b: () => {
      const logarithm = tf.where(tf.greater(a!, 0), tf.log(a!), tf.zerosLike(a!));
      return unbroadcast(tf.mul(dy, tf.mul(y!, logarithm)), b!.shape);
    },
  }));
  register(tf.AddN, { allInputs: true }, (dy, saved) =>
    Object.fromEntries(saved.map((_, index) => [index, () => tf.clone(dy)])),
  );
  register(tf.ClipByValue, { inputs: ['x'] }, (dy, [x], { clipValueMin, clipValueMax }) => ({
    x: () => {
      const inside = tf.logicalAnd(
        tf.greaterEqual(x!, clipValueMin as number),
        tf.lessEqual(x!, clipValueMax as number),
      );
      return tf.where(inside, dy, tf.zerosLike(dy));
    },
  }));
}

/** Registers gradients of the activations of neural networks. */
export function registerActivations(): void {
  register(tf.Elu, { outputs: true }, (dy, [y]) => ({
    x: () => tf.engine().runKernel<Tensor>(tf.EluGrad, { dy, y: y! }),
  }));
  register(tf.Selu, { inputs: ['x'] }, (dy, [x]) => ({
    x: () => {
      const below = tf.mul(tf.mul(dy, tf.backend_util.SELU_SCALEALPHA), tf.exp(x!));
      return tf.where(tf.greater(x!, 0), tf.mul(dy, tf.backend_util.SELU_SCALE), below);
    },
  }));
  registerUnary(tf.Relu6, 'input', (x) => tf.mul(yes(tf.lessEqual(x, 6)), tf.step(x)));
  register(tf.LeakyRelu, { inputs: ['x'] }, (dy, [x], { alpha }) => ({
    x: () => tf.where(tf.greater(x!, 0), dy, tf.mul(dy, alpha as number)),
  }));
  register(tf.Prelu, { inputs: ['x', 'alpha'] }, (dy, [x, alpha]) => {
    const positive = tf.greater(x!, 0);
    return {
      x: () => tf.where(positive, dy, tf.mul(dy, alpha!)),
      alpha: () => unbroadcast(tf.where(positive, tf.zerosLike(dy), tf.mul(dy, x!)), alpha!.shape),
    };
  });
}
