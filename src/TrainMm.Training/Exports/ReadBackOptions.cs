using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.InputProjectors.Linear;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.Peft;

namespace TrainMm.Training.Exports;

/// <summary>A run's model options with parts that come from an exported folder.</summary>
internal static class ReadBackOptions
{
    /// <summary>The same model with other parts; what is null stays.</summary>
    public static ModelOptions With(
        this ModelOptions options,
        Component<ILanguageModel, LanguageModelContext>? languageModel = null,
        Component<IModalityEncoder, EncoderContext>? encoder = null,
        Component<IInputProjector, InputProjectorContext>? projector = null)
    {
        var modalities = options.Modalities.ToDictionary(
            pair => pair.Key,
            pair => Copy(pair.Value, (nameof(ModalityOptions.Encoder), encoder ?? pair.Value.Encoder), (nameof(ModalityOptions.InputProjector), projector ?? pair.Value.InputProjector)),
            StringComparer.Ordinal);
        return Copy(options, (nameof(ModelOptions.LanguageModel), languageModel ?? options.LanguageModel), (nameof(ModelOptions.Modalities), modalities));
    }

    /// <summary>The same model with another adapter, or none.</summary>
    public static ModelOptions WithAdapter(this ModelOptions options, Component<IPeftMethod, PeftContext>? adapter) => Copy(options, (nameof(ModelOptions.Adapter), adapter));

    /// <summary>The run's kind of adapter from a folder.</summary>
    public static Component<IPeftMethod, PeftContext> Adapter(ModelOptions options, string folder)
    {
        var written = options.Adapter!.Options.GetType();
        var read = Activator.CreateInstance(written)!;
        written.GetProperty("Checkpoint")!.SetValue(read, folder);
        return AdapterCatalog.All.Component(options.Adapter.Kind, read);
    }

    /// <summary>The run's projector with its parameters from a folder.</summary>
    public static Component<IInputProjector, InputProjectorContext> Projector(ModelOptions options, string folder) => ExportChecks.ImageOf(options).InputProjector.Options switch
    {
        MlpProjectorOptions mlp => InputProjectorCatalog.All.Component("mlp", Copy(mlp, (nameof(mlp.Checkpoint), folder))),
        var linear => InputProjectorCatalog.All.Component("linear", Copy((LinearProjectorOptions)linear, (nameof(LinearProjectorOptions.Checkpoint), folder))),
    };

    /// <summary>The run's encoder with its parameters, its sizes and how it wants its images from a folder.</summary>
    public static Component<IModalityEncoder, EncoderContext> Encoder(ModelOptions options, string folder)
    {
        var encoder = (ClipVitOptions)ExportChecks.ImageOf(options).Encoder.Options;
        return EncoderCatalog.All.Component(
            "clip_vit", Copy(encoder, (nameof(encoder.Checkpoint), folder), (nameof(encoder.Architecture), null), (nameof(encoder.Weights), null), (nameof(encoder.ImageFit), null)));
    }

    /// <summary>A part's options with its parameters and sizes from a folder.</summary>
    public static object FromCheckpoint(object options, string folder)
    {
        var copy = Activator.CreateInstance(options.GetType())!;
        foreach (var property in options.GetType().GetProperties().Where(property => property.CanWrite)) property.SetValue(copy, property.GetValue(options));
        options.GetType().GetProperty("Checkpoint")!.SetValue(copy, folder);
        options.GetType().GetProperty("Architecture")!.SetValue(copy, null);
        return copy;
    }

    /// <summary>The same options but for some: whatever options a part has or will have, none is left behind.</summary>
    private static T Copy<T>(T options, params (string Property, object? Value)[] changes)
        where T : class
    {
        var copy = Activator.CreateInstance<T>();
        foreach (var property in typeof(T).GetProperties().Where(property => property.CanWrite)) property.SetValue(copy, property.GetValue(options));
        foreach (var (name, value) in changes) typeof(T).GetProperty(name)!.SetValue(copy, value);
        return copy;
    }
}
