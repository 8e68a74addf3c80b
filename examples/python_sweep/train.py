"""Trains a small network that tells three species of penguins apart by four measurements. Standard library only."""

import csv
import json
import math
import pathlib
import random
import sys

import wallow_run

EPOCHS = 40
BATCH = 16
MEASUREMENTS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def load():
    """The penguins with all measurements, standardised, as (inputs, species); and those that are held out."""
    path = pathlib.Path(__file__).with_name("penguins.csv")
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if "NA" not in (row[name] for name in MEASUREMENTS)]
    species = sorted({row["species"] for row in rows})
    columns = []
    for name in MEASUREMENTS:
        values = [float(row[name]) for row in rows]
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        columns.append([(value - mean) / spread for value in values])
    examples = [(inputs, species.index(row["species"])) for *inputs, row in zip(*columns, rows)]
    # The same split for every run, so that their losses can be compared.
    random.Random(0).shuffle(examples)
    held_out = len(examples) // 4
    return examples[held_out:], examples[:held_out], len(species)


class Network:
    """One hidden layer. The weights are one list, so that optimisers need not know the layers."""

    def __init__(self, inputs, hidden, outputs, rng):
        self.hidden, self.outputs = hidden, outputs
        size = hidden * (inputs + 1) + outputs * (hidden + 1)
        self.weights = [rng.gauss(0.0, 0.5) for _ in range(size)]

    def layers(self, inputs):
        """The hidden units and the probabilities of the classes."""
        at = 0
        hidden = []
        for _ in range(self.hidden):
            total = self.weights[at + len(inputs)]
            for value in inputs:
                total += self.weights[at] * value
                at += 1
            at += 1
            hidden.append(math.tanh(total))
        scores = []
        for _ in range(self.outputs):
            total = self.weights[at + self.hidden]
            for value in hidden:
                total += self.weights[at] * value
                at += 1
            at += 1
            scores.append(total)
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        return hidden, [power / sum(powers) for power in powers]

    def add_gradient(self, inputs, target, gradient):
        """Adds the gradient of the loss of one example."""
        hidden, probabilities = self.layers(inputs)
        back = [0.0] * self.hidden
        at = self.hidden * (len(inputs) + 1)
        for output, probability in enumerate(probabilities):
            error = probability - (output == target)
            for unit, value in enumerate(hidden):
                gradient[at + unit] += error * value
                back[unit] += error * self.weights[at + unit]
            gradient[at + self.hidden] += error
            at += self.hidden + 1
        at = 0
        for unit, value in enumerate(hidden):
            error = back[unit] * (1.0 - value * value)
            for index, given in enumerate(inputs):
                gradient[at + index] += error * given
            gradient[at + len(inputs)] += error
            at += len(inputs) + 1


class Optimiser:
    """Turns gradients into steps."""

    def __init__(self, name, rate, size):
        self.name, self.rate = name, rate
        self.first, self.second, self.steps = [0.0] * size, [0.0] * size, 0

    def step(self, weights, gradient):
        self.steps += 1
        for index, slope in enumerate(gradient):
            if self.name == "sgd":
                weights[index] -= self.rate * slope
            elif self.name == "nesterov":
                self.first[index] = 0.9 * self.first[index] + slope
                weights[index] -= self.rate * (slope + 0.9 * self.first[index])
            else:
                self.first[index] = 0.9 * self.first[index] + 0.1 * slope
                self.second[index] = 0.999 * self.second[index] + 0.001 * slope * slope
                first = self.first[index] / (1.0 - 0.9**self.steps)
                second = self.second[index] / (1.0 - 0.999**self.steps)
                weights[index] -= self.rate * first / (math.sqrt(second) + 1e-8)


def evaluate(network, examples):
    """Mean loss and accuracy."""
    loss, right = 0.0, 0
    for inputs, target in examples:
        probabilities = network.layers(inputs)[1]
        loss -= math.log(max(probabilities[target], 1e-12))
        right += probabilities[target] == max(probabilities)
    return loss / len(examples), right / len(examples)


def main():
    p = wallow_run.params(optimiser="adam", learning_rate=0.01, hidden=8, seed=0)
    training, validation, classes = load()
    network = Network(len(MEASUREMENTS), p.hidden, classes, random.Random(p.seed))
    optimiser = Optimiser(p.optimiser, p.learning_rate, len(network.weights))
    checkpoint = wallow_run.dir() / "checkpoint.json"
    curve = []

    # An attempt that was asked to stop has left its state here.
    if checkpoint.exists():
        state = json.loads(checkpoint.read_text())
        curve, network.weights = state["curve"], state["weights"]
        optimiser.__dict__.update(state["optimiser"])
        for epoch, point in enumerate(curve):
            wallow_run.log(epoch, **point)

    for epoch in range(len(curve), EPOCHS):
        if wallow_run.stopping():
            state = {"curve": curve, "weights": network.weights, "optimiser": optimiser.__dict__}
            checkpoint.write_text(json.dumps(state))
            sys.exit(75)  # the run goes back to the queue
        # The order depends on the epoch alone, so a run that was interrupted ends with the same weights.
        order = random.Random(p.seed * EPOCHS + epoch).sample(training, len(training))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            gradient = [0.0] * len(network.weights)
            for inputs, target in batch:
                network.add_gradient(inputs, target, gradient)
            optimiser.step(network.weights, [slope / len(batch) for slope in gradient])
        point = {"loss": evaluate(network, training)[0], "val_loss": evaluate(network, validation)[0]}
        curve.append(point)
        wallow_run.log(epoch, **point)

    loss, accuracy = evaluate(network, validation)
    wallow_run.result(val_loss=loss, val_accuracy=accuracy)
    if checkpoint.exists():
        checkpoint.unlink()


if __name__ == "__main__":
    main()
