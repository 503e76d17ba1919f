using TrainMm.Torch;

namespace TrainMm.Cli.Machine;

/// <summary>The two things that make matrix products slow without a word: the reference BLAS, and a processor that OpenBLAS is told to assume.</summary>
public static class BlasAdvice
{
    private const string CoreTypeVariable = "OPENBLAS_CORETYPE";

    /// <summary>The processor that OpenBLAS is told to assume, or null where it may look for itself.</summary>
    public static string? ForcedCore => Environment.GetEnvironmentVariable(CoreTypeVariable) is { Length: > 0 } core ? core : null;

    /// <summary>What to do about the BLAS, or null where it is a fast one.</summary>
    /// <param name="facts">What is known of libtorch.</param>
    public static string? AboutLibrary(RuntimeFacts facts) => facts.Blas.StartsWith("reference", StringComparison.Ordinal)
        ? $"libtorch's matrix products come from the {facts.Blas}, which is about fifty times slower than OpenBLAS: run scripts/setup.sh"
        : null;

    /// <summary>What to do about the variable, or null where it is not set.</summary>
    public static string? AboutForcedCore() => ForcedCore is { } core
        ? $"{CoreTypeVariable}={core} keeps OpenBLAS from choosing this processor's fastest code: unset it"
        : null;
}
