// Stands in for CUDA where there is none: the threads of a block are threads of the machine, blocks run in turn.

#pragma once
#include <barrier>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

struct Place {
    int x = 0, y = 0;
};

inline thread_local Place threadIdx;
inline Place blockIdx;
inline std::unique_ptr<std::barrier<>> block_barrier;

#define __global__ static
#define __launch_bounds__(threads)
#define __shared__ static

inline void __syncthreads() { block_barrier->arrive_and_wait(); }

template <typename Kernel>
void run_blocks(int heads, int batch, int threads, Kernel kernel) {
    for (int y = 0; y < batch; y++) {
        for (int x = 0; x < heads; x++) {
            blockIdx = {x, y};
            block_barrier = std::make_unique<std::barrier<>>(threads);
            std::vector<std::thread> block;
            for (int i = 0; i < threads; i++) {
                block.emplace_back([i, &kernel] {
                    threadIdx = {i, 0};
                    kernel();
                });
            }
            for (std::thread &thread : block) thread.join();
        }
    }
}
