import { adam, concatenate, dense, input, model as network, type ModelFeatures } from "millrace/training/layers";

/** A small classifier over all transformed features. */
export const model = ({ features, label }: ModelFeatures) => {
  const inputs = features.map(input);
  const hidden = dense(concatenate(inputs), { units: 16, activation: "relu" });
  const species = dense(hidden, { units: label.classes?.length ?? 1, activation: "softmax" });
  return network({ inputs, output: species, optimizer: adam({ learningRate: 0.02 }) });
};
