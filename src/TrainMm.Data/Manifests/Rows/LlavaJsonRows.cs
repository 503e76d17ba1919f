using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>One JSON array of rows in LLaVA's form, as its data sets ship: read as a stream into an index of offsets, never held in memory.</summary>
public sealed class LlavaJsonRows(LlavaRowOptions options) : IRowFormat
{
    private readonly LlavaRowFile file = new(options, () => new ArrayScanner());

    /// <inheritdoc/>
    public string Location => file.Path;

    /// <inheritdoc/>
    public string Fingerprint => file.Fingerprint;

    /// <inheritdoc/>
    /// <exception cref="DataException">The file is missing, or is no JSON array.</exception>
    public IEnumerable<ScannedRow> Scan() => file.Scan();

    /// <inheritdoc/>
    /// <exception cref="DataException">The row cannot be used, or the file has changed.</exception>
    public Sample Read(RowPlace place) => file.Read(place);

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();
}
