// The recurrence of RWKV-7 and its gradient, for heads of 64 channels.
//
//   S_t = S_{t-1} (diag(exp w_t) + a_t b_t^T) + v_t k_t^T,   o_t = S_t r_t
//
// One block of threads holds one head of one sequence, its state in registers, and walks through time. Going back,
// states are not kept but undone step by step from one that was kept every KEPT steps; the decay is at least
// exp(-0.61), so that undoing so few steps costs no accuracy that bfloat16 would show.
//
// Built without CUDA, a block is a set of ordinary threads: that is how the tests run it.

#ifdef __CUDACC__
#include <cuda_bf16.h>
typedef __nv_bfloat16 number;
__device__ __forceinline__ float wide(number x) { return __bfloat162float(x); }
__device__ __forceinline__ number narrow(float x) { return __float2bfloat16(x); }
#define ALIGNED __align__(16)
#else
#include "block_of_threads.h"
typedef float number;
inline float wide(number x) { return x; }
inline number narrow(float x) { return x; }
#define ALIGNED
#endif

constexpr int SIZE = 64;
constexpr int KEPT = 16;

// Tensors are [batch, time, heads, 64]; `kept` is [batch, heads, time / 16, 64 (value), 64 (key)].
struct Inputs {
    const number *r, *w, *k, *v, *a, *b;
};

__global__ void __launch_bounds__(SIZE)
forward_kernel(int time, int heads, Inputs in, number *out, float *removed, float *kept) {
    const int row = threadIdx.x;
    const long head = (long)blockIdx.y * heads + blockIdx.x;
    const long first = ((long)blockIdx.y * time * heads + blockIdx.x) * SIZE + row;
    const int step = heads * SIZE;
    __shared__ ALIGNED float r[2][SIZE], w[2][SIZE], k[2][SIZE], a[2][SIZE], b[2][SIZE];
    float state[SIZE];
#pragma unroll
    for (int j = 0; j < SIZE; j++) state[j] = 0;
    number next_r = in.r[first], next_w = in.w[first], next_k = in.k[first], next_v = in.v[first];
    number next_a = in.a[first], next_b = in.b[first];
    for (int t = 0; t < time; t++) {
        const int half = t & 1;
        const long at = first + (long)t * step;
        r[half][row] = wide(next_r);
        w[half][row] = expf(wide(next_w));
        k[half][row] = wide(next_k);
        a[half][row] = wide(next_a);
        b[half][row] = wide(next_b);
        const float value = wide(next_v);
        if (t + 1 < time) {
            next_r = in.r[at + step], next_w = in.w[at + step], next_k = in.k[at + step];
            next_v = in.v[at + step], next_a = in.a[at + step], next_b = in.b[at + step];
        }
        __syncthreads();
        float gone = 0;
#pragma unroll
        for (int j = 0; j < SIZE; j++) gone += state[j] * a[half][j];
        float sum = 0;
#pragma unroll
        for (int j = 0; j < SIZE; j++) {
            state[j] = state[j] * w[half][j] + gone * b[half][j] + value * k[half][j];
            sum += state[j] * r[half][j];
        }
        removed[at] = gone;
        out[at] = narrow(sum);
        if ((t + 1) % KEPT == 0) {
            // Row by row per thread: the way back reads it column by column, next to each other.
            float *place = kept + (head * (time / KEPT) + t / KEPT) * SIZE * SIZE + row * SIZE;
#pragma unroll
            for (int j = 0; j < SIZE; j++) place[j] = state[j];
        }
    }
}

struct Gradients {
    number *r, *w, *k, *v, *a, *b;
};

// The first 64 threads hold rows of the state's gradient, the others columns of the state and of its gradient:
// so no sum goes across threads.
__global__ void __launch_bounds__(2 * SIZE)
backward_kernel(int time, int heads, Inputs in, const number *grad_out, const float *removed, const float *kept,
                Gradients out) {
    const bool rows = threadIdx.x < SIZE;
    const int mine = threadIdx.x % SIZE;
    const long head = (long)blockIdx.y * heads + blockIdx.x;
    const long first = ((long)blockIdx.y * time * heads + blockIdx.x) * SIZE + mine;
    const int step = heads * SIZE;
    __shared__ ALIGNED float r[2][SIZE], w[2][SIZE], k[2][SIZE], a[2][SIZE], b[2][SIZE];
    __shared__ ALIGNED float v[2][SIZE], gone[2][SIZE], grad[2][SIZE], grad_gone[2][SIZE];
    float state[SIZE], change[SIZE];
#pragma unroll
    for (int j = 0; j < SIZE; j++) state[j] = change[j] = 0;
    float next[5];
    auto fetch = [&](int t) {
        const long at = first + (long)t * step;
        if (rows) {
            next[0] = wide(in.r[at]), next[1] = wide(in.w[at]), next[2] = wide(in.k[at]);
            next[3] = wide(in.a[at]), next[4] = wide(in.b[at]);
        } else {
            next[0] = wide(in.v[at]), next[1] = removed[at], next[2] = wide(grad_out[at]);
        }
    };
    fetch(time - 1);
    for (int t = time - 1; t >= 0; t--) {
        const int half = t & 1;
        const long at = first + (long)t * step;
        if (rows) {
            r[half][mine] = next[0], w[half][mine] = expf(next[1]), k[half][mine] = next[2];
            a[half][mine] = next[3], b[half][mine] = next[4];
        } else {
            v[half][mine] = next[0], gone[half][mine] = next[1], grad[half][mine] = next[2];
        }
        if (t > 0) fetch(t - 1);
        __syncthreads();
        float of_gone = 0, own_w = w[half][mine], own_a = a[half][mine];
        if (rows) {
            float of_v = 0;
            const float from_out = grad[half][mine];
#pragma unroll
            for (int j = 0; j < SIZE; j++) {
                change[j] += from_out * r[half][j];
                of_v += change[j] * k[half][j];
                of_gone += change[j] * b[half][j];
            }
            grad_gone[half][mine] = of_gone;
            out.v[at] = narrow(of_v);
        } else {
            if ((t + 1) % KEPT == 0) {
                const float *place = kept + (head * (time / KEPT) + t / KEPT) * SIZE * SIZE + mine;
#pragma unroll
                for (int i = 0; i < SIZE; i++) state[i] = place[i * SIZE];
            }
            const float own_r = r[half][mine], own_k = k[half][mine], own_b = b[half][mine];
            const float undo = 1.0f / own_w;
            float of_r = 0, of_w = 0, of_k = 0, of_b = 0;
#pragma unroll
            for (int i = 0; i < SIZE; i++) {
                of_r += state[i] * grad[half][i];
                state[i] = (state[i] - own_k * v[half][i] - own_b * gone[half][i]) * undo;
                change[i] += own_r * grad[half][i];
                of_w += change[i] * state[i];
                of_k += change[i] * v[half][i];
                of_b += change[i] * gone[half][i];
            }
            out.r[at] = narrow(of_r);
            out.w[at] = narrow(of_w * own_w);
            out.k[at] = narrow(of_k);
            out.b[at] = narrow(of_b);
        }
        __syncthreads();
        if (rows) {
#pragma unroll
            for (int j = 0; j < SIZE; j++) change[j] = change[j] * w[half][j] + of_gone * a[half][j];
        } else {
            float of_a = 0;
#pragma unroll
            for (int i = 0; i < SIZE; i++) {
                of_a += state[i] * grad_gone[half][i];
                change[i] = change[i] * own_w + own_a * grad_gone[half][i];
            }
            out.a[at] = narrow(of_a);
        }
    }
}

#ifdef __CUDACC__
#define RUN(kernel, threads, ...) kernel<<<dim3(heads, batch), threads, 0, (cudaStream_t)stream>>>(__VA_ARGS__)
#define STATUS (int)cudaGetLastError()
#else
#define RUN(kernel, threads, ...) run_blocks(heads, batch, threads, [&] { kernel(__VA_ARGS__); })
#define STATUS 0
#endif

// Each returns 0, or CUDA's error code.
extern "C" int forward(int batch, int time, int heads, const number *r, const number *w, const number *k, const number *v,
                       const number *a, const number *b, number *out, float *removed, float *kept, void *stream) {
    RUN(forward_kernel, SIZE, time, heads, Inputs{r, w, k, v, a, b}, out, removed, kept);
    return STATUS;
}

extern "C" int backward(int batch, int time, int heads, const number *r, const number *w, const number *k, const number *v,
                        const number *a, const number *b, const number *grad_out, const float *removed, const float *kept,
                        number *of_r, number *of_w, number *of_k, number *of_v, number *of_a, number *of_b, void *stream) {
    RUN(backward_kernel, 2 * SIZE, time, heads, Inputs{r, w, k, v, a, b}, grad_out, removed, kept,
        Gradients{of_r, of_w, of_k, of_v, of_a, of_b});
    return STATUS;
}
