import type { NamedAttrMap, NamedTensorInfoMap, Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import type { TensorFlow } from "./backend.ts";

/**
 * Registers the kernels that training on WebAssembly needs and tfjs-backend-wasm 4.22 lacks, composed from its own
 * fast ones. UnsortedSegmentSum is the gradient of a gather, so of every embedding.
 */
export function registerWasmGradients(tf: TensorFlow): void {
  if (tf.getKernel("UnsortedSegmentSum", "wasm") !== undefined) return;
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => segmentSum(tf, inputs, attrs),
  });
}

/** ScatterNd adds up the rows of equal indices, which is a segment sum over the first axis. */
function segmentSum(tf: TensorFlow, inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined): Tensor {
  const values = inputs["x"] as Tensor;
  const segments = inputs["segmentIds"] as Tensor1D;
  const { numSegments } = attrs as unknown as { numSegments: number };
  const { shape } = values;
  if (values.size === 0) return tf.zeros([numSegments, ...shape.slice(segments.rank)], values.dtype);
  return tf.tidy(() =>
    tf.scatterND(tf.reshape(segments, [...segments.shape, 1]), values, [numSegments, ...shape.slice(segments.rank)]),
  );
}
