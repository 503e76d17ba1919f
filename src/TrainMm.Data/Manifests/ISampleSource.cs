using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests;

/// <summary>A data set's samples by index, and their media by name. Thread-safe.</summary>
public interface ISampleSource : IDisposable
{
    /// <summary>The data set's name.</summary>
    string Name { get; }

    /// <summary>How many samples there are, at least 1.</summary>
    int Count { get; }

    /// <summary>Says which content the samples have: two sources with the same fingerprint give the same samples in the same order.</summary>
    string Fingerprint { get; }

    /// <summary>Reads one sample.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="DataException">The row cannot be read any more.</exception>
    Sample Read(int index);

    /// <summary>Reads one medium's bytes.</summary>
    /// <exception cref="DataException">The medium is missing or damaged.</exception>
    byte[] ReadMedium(MediumReference medium);

    /// <summary>Names a medium in messages: its store and its path there.</summary>
    string OriginOf(MediumReference medium);
}
