// Throws and catches C++ exceptions in code that Swift calls, with calls that can block between throw and catch.
#include "ground_truth_c.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

// Its destructor makes calls while an exception is on its way through.
class Guard {
public:
    explicit Guard(std::mutex &mutex) : mutex(mutex) { mutex.lock(); }
    ~Guard() {
        std::this_thread::sleep_for(std::chrono::microseconds(10));
        mutex.unlock();
    }

private:
    std::mutex &mutex;
};

std::mutex mutex;
std::condition_variable condition;

__attribute__((noinline)) int descend(int depth, int number) {
    if (depth == 0) {
        if (number % 3 == 0)
            throw std::runtime_error("planned " + std::to_string(number));
        if (number % 3 == 1)
            throw number;
        std::unique_lock<std::mutex> lock(mutex, std::defer_lock);
        throw std::string("text");
    }
    if (depth == 4) {
        Guard guard(mutex);
        return descend(depth - 1, number) + 1;
    }
    if (depth == 8)
        (void)!read(-1, nullptr, 0);
    return descend(depth - 1, number) + 1;
}

} // namespace

extern "C" int ground_exceptions_catch(int count) {
    int caught = 0;
    for (int number = 0; number < count; number++) {
        try {
            descend(12, number);
        } catch (const std::runtime_error &error) {
            caught += std::string(error.what()) == "planned " + std::to_string(number);
        } catch (int thrown) {
            caught += thrown == number;
        } catch (...) {
            caught += 1;
        }
        std::unique_lock<std::mutex> lock(mutex);
        condition.wait_for(lock, std::chrono::microseconds(10), [] { return false; });
    }
    return caught;
}
