;; Loops of the optimizer, four elements at a time. Each works on one block of 16,384 float32 elements per array:
;;   weights at 0, first moment at 65536, second moment at 131072, gradient at 196608, another gradient at 262144.
;; `bytes` is four times the number of elements, rounded up to a multiple of 16; results of the padding are ignored.
;; All arithmetic is IEEE 754 float32, so every machine gives the same bits.
(module
  (memory (export "memory") 5)

  ;; AdamW: m = beta1 m + rest1 g, v = beta2 v + rest2 g g, w = keep w - rate m / (sqrt(v) spread + epsilon), g clipped
  (func (export "update") (param $bytes i32) (param $clip f32) (param $keep f32) (param $rate f32) (param $spread f32)
    (param $beta1 f32) (param $rest1 f32) (param $beta2 f32) (param $rest2 f32) (param $epsilon f32)
    (local $i i32) (local $g v128) (local $m v128) (local $v v128)
    (local $clips v128) (local $keeps v128) (local $rates v128) (local $spreads v128) (local $beta1s v128)
    (local $rest1s v128) (local $beta2s v128) (local $rest2s v128) (local $epsilons v128)
    (local.set $clips (f32x4.splat (local.get $clip)))
    (local.set $keeps (f32x4.splat (local.get $keep)))
    (local.set $rates (f32x4.splat (local.get $rate)))
    (local.set $spreads (f32x4.splat (local.get $spread)))
    (local.set $beta1s (f32x4.splat (local.get $beta1)))
    (local.set $rest1s (f32x4.splat (local.get $rest1)))
    (local.set $beta2s (f32x4.splat (local.get $beta2)))
    (local.set $rest2s (f32x4.splat (local.get $rest2)))
    (local.set $epsilons (f32x4.splat (local.get $epsilon)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $bytes)))
        (local.set $g (f32x4.mul (v128.load offset=196608 (local.get $i)) (local.get $clips)))
        (local.set $m
          (f32x4.add
            (f32x4.mul (v128.load offset=65536 (local.get $i)) (local.get $beta1s))
            (f32x4.mul (local.get $g) (local.get $rest1s))))
        (local.set $v
          (f32x4.add
            (f32x4.mul (v128.load offset=131072 (local.get $i)) (local.get $beta2s))
            (f32x4.mul (f32x4.mul (local.get $g) (local.get $g)) (local.get $rest2s))))
        (v128.store offset=65536 (local.get $i) (local.get $m))
        (v128.store offset=131072 (local.get $i) (local.get $v))
        (v128.store (local.get $i)
          (f32x4.sub
            (f32x4.mul (v128.load (local.get $i)) (local.get $keeps))
            (f32x4.div
              (f32x4.mul (local.get $m) (local.get $rates))
              (f32x4.add
                (f32x4.mul (f32x4.sqrt (local.get $v)) (local.get $spreads))
                (local.get $epsilons)))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $next))))

  ;; gradient += the other gradient
  (func (export "add") (param $bytes i32) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $bytes)))
        (v128.store offset=196608 (local.get $i)
          (f32x4.add (v128.load offset=196608 (local.get $i)) (v128.load offset=262144 (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $next))))

  ;; The sum of the squares of the gradient, in float64. Elements beyond the last one must be 0.
  (func (export "squares") (param $bytes i32) (result f64)
    (local $i i32) (local $g v128) (local $low v128) (local $high v128) (local $a v128) (local $b v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $bytes)))
        (local.set $g (v128.load offset=196608 (local.get $i)))
        (local.set $low (f64x2.promote_low_f32x4 (local.get $g)))
        (local.set $high (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $g) (local.get $g))))
        (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $low) (local.get $low))))
        (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $high) (local.get $high))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $next)))
    (local.set $a (f64x2.add (local.get $a) (local.get $b)))
    (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a)))))
