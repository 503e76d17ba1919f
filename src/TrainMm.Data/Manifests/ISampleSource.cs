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

    /// <summary>Names a row by its content, as a quarantine file does; null where rows have no such name.</summary>
    /// <exception cref="DataException">The row cannot be read.</exception>
    string? HashOf(int index) => null;

    /// <summary>A row that cannot be used, as far as it can be named.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="fault">Why it cannot be used.</param>
    BadSample Describe(int index, DataException fault)
    {
        try
        {
            return new BadSample(HashOf(index), Read(index).Origin, fault.Message);
        }
        catch (DataException)
        {
            return new BadSample(null, fault.Origin ?? $"{Name}, row {index}", fault.Message);
        }
    }

    /// <summary>Names a medium in messages: its store and its path there.</summary>
    string OriginOf(MediumReference medium);
}
