using System.Globalization;
using TorchSharp;

namespace TrainMm.Torch;

/// <summary>The libtorch this process runs on: its threads, its version, where it lies.</summary>
public static partial class Runtime
{
    /// <summary>
    /// Sets the number of threads of libtorch's operations. Call it before the first of them: a change later alters the last bits of results.
    /// Without this call the first use takes TRAINMM_THREADS, else OMP_NUM_THREADS, else one thread for each core.
    /// </summary>
    /// <param name="threads">How many threads, at least 1; 0 for the default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    /// <exception cref="DllNotFoundException">libtorch could not be loaded; the message says what to install.</exception>
    public static void Initialize(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        torch.set_num_threads(threads == 0 ? DefaultThreads() : threads);
    }

    /// <summary>Reads the facts about the libtorch in use.</summary>
    /// <exception cref="DllNotFoundException">libtorch could not be loaded; the message says what to install.</exception>
    public static RuntimeFacts Describe() => ReadFacts();

    /// <summary>Whether this libtorch has an operator; with the TorchSharp packages, which cannot say, false.</summary>
    /// <param name="name">For example <c>aten::scaled_dot_product_attention</c>.</param>
    /// <param name="overload">The overload's name, empty for the unnamed one.</param>
    public static bool HasOperator(string name, string overload = "") => FindOperator(name, overload);

    /// <summary>Lets libtorch take deterministic algorithms, or throw where it has none. On the CPU the operations used here are deterministic anyway.</summary>
    /// <param name="enabled">Whether to.</param>
    /// <returns>False when the engine in use cannot be told.</returns>
    public static bool UseDeterministicAlgorithms(bool enabled) => SetDeterministic(enabled);

    internal static int DefaultThreads() => FromEnvironment("TRAINMM_THREADS") ?? FromEnvironment("OMP_NUM_THREADS") ?? Environment.ProcessorCount;

    private static partial RuntimeFacts ReadFacts();

    private static partial bool FindOperator(string name, string overload);

    private static partial bool SetDeterministic(bool enabled);

    private static int? FromEnvironment(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : null;
}
