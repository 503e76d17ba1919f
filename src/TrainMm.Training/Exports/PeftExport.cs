using TrainMm.Models;
using TrainMm.Training.Parts;

namespace TrainMm.Training.Exports;

/// <summary>The adapter in PEFT's format, for the language model that it was trained on.</summary>
internal sealed class PeftExport : IExport
{
    /// <inheritdoc/>
    public void Check(ExportedRun run) => ExportChecks.RequirePeft(run, "peft");

    /// <inheritdoc/>
    public void Write(ExportedRun run, string folder) => AdapterFiles.Write(run, folder);

    /// <inheritdoc/>
    public ModelOptions ReadBack(ModelOptions options, string folder) => options.WithAdapter(ReadBackOptions.Adapter(options, folder));

    /// <inheritdoc/>
    public bool Holds(ExportedRun run, string name) => TrainedParts.AdapterNames(run.Model).Contains(name);
}
