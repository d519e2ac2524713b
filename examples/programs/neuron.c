/* A neuron in C as a candidate:
   cc -O2 -o neuron examples/programs/neuron.c && parity check ./neuron --reference scratch */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

typedef struct { double values[MOST]; int count, columns; } Array;

/* The numbers of an argument, a list or a list of rows; strtod also reads nan and inf, which are sent as text. */
static Array array(const char *line, const char *name) {
    Array found = {.count = 0, .columns = 0};
    char key[64];
    snprintf(key, sizeof key, "\"%s\": [", name);
    const char *at = strstr(line, key);
    if (!at) return found;
    at += strlen(key) - 1;
    int depth = 0;
    do {
        if (*at == '[') depth++;
        if (*at == ']' && --depth == 1 && !found.columns) found.columns = found.count; /* the first row ends */
        char *end;
        double value = strtod(at, &end);
        if (strchr("[],\" ", *at) || end == at) { at++; continue; }
        if (found.count < MOST) found.values[found.count++] = value;
        at = end;
    } while (depth);
    return found;
}

static void print(const double *values, int rows, int columns) {
    if (rows) printf("[");
    for (int n = 0; n < (rows ? rows : 1); n++) {
        printf(n ? ", [" : "[");
        for (int k = 0; k < columns; k++) printf(k ? ", %.17g" : "%.17g", values[n * columns + k]);
        printf("]");
    }
    if (rows) printf("]");
}

static double sign(double z) { return (z > 0) - (z < 0); }

/* The weighted sum of neuron k for one sample. */
static double weighted(const double *x, const Array *weight, const Array *bias, int k) {
    double z = 0;
    for (int d = 0; d < weight->columns; d++) z += x[d] * weight->values[k * weight->columns + d];
    return z + bias->values[k];
}

static void answer(const char *line) {
    static double z[MOST];
    Array x = array(line, "x"), y = array(line, "y"), weight = array(line, "weight"), bias = array(line, "bias");
    int neurons = bias.count, rows = x.columns ? x.count / x.columns : 0;
    if (strstr(line, "\"call\": \"names\"")) {
        printf("{\"names\": {\"linear\": [\"x\", \"weight\", \"bias\"], \"predict\": [\"x\", \"weight\", \"bias\"], "
               "\"perceptron_step\": [\"weight\", \"bias\", \"x\", \"y\"]}}\n");
    } else if (strstr(line, "\"call\": \"perceptron_step\"")) {
        for (int k = 0; k < neurons; k++) {
            double delta = (y.values[k] - sign(weighted(x.values, &weight, &bias, k))) / 2;
            for (int d = 0; d < weight.columns; d++) weight.values[k * weight.columns + d] += delta * x.values[d];
            bias.values[k] += delta;
        }
        printf("{\"results\": [");
        print(weight.values, neurons, weight.columns);
        printf(", ");
        print(bias.values, 0, neurons);
        printf("]}\n");
    } else if (x.count * neurons > MOST || weight.columns != (rows ? x.columns : x.count)) {
        printf("{\"error\": \"x and weight do not fit\"}\n");
    } else {
        for (int n = 0; n < (rows ? rows : 1); n++)
            for (int k = 0; k < neurons; k++) {
                double sum = weighted(x.values + n * weight.columns, &weight, &bias, k);
                z[n * neurons + k] = strstr(line, "\"call\": \"predict\"") ? sign(sum) : sum;
            }
        printf("{\"result\": ");
        print(z, rows, neurons);
        printf("}\n");
    }
    fflush(stdout);
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) answer(line);
    free(line);
    return 0;
}
