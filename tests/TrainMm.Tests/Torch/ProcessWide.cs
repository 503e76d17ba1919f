namespace TrainMm.Tests.Torch;

/// <summary>Tests that count tensors or draw from libtorch's own generator, which are the whole process's: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    /// <summary>The collection's name.</summary>
    public const string Name = "process-wide state of libtorch";
}
